"""Payment behind one interface: at pickup by default, a provider over HTTP (``PAYMENT_URL``), cards by Stripe."""

import logging
import socket
from dataclasses import dataclass
from typing import Protocol

import golive_app
import httpx
from django.conf import settings

from farmersmarket.orders.domain import PaymentUnavailable
from farmersmarket.orders.marks import mark
from farmersmarket.orders.wording import AT_PICKUP, BY_CARD, RESERVED

log = logging.getLogger(__name__)
GONE = (404, 410)
UNAVAILABLE = "The payment service does not answer. Nothing was ordered and your cart is kept."


@dataclass(frozen=True)
class Reservation:
    """What the provider calls it; ``page`` is where the customer pays, "" where nothing is left to do."""

    reference: str
    page: str = ""


class Payments(Protocol):
    """Reserves an amount for an order, lets it go, and gives money back."""

    way: str
    """One of ``orders.wording``."""

    def reserve(self, order_id: str, number: str, amount_cents: int) -> Reservation:
        """Raises ``PaymentUnavailable``; the same order is never reserved twice."""

    def release(self, reference: str) -> bool:
        """Gives a reservation back; False when the provider could not be told, reservations expire there."""

    def refund(self, intent: str, order_id: str) -> bool:
        """Gives back what was paid, once however often it is asked; False when the provider could not be told."""


class AtPickup:
    """Money changes hands at the stall."""

    way = AT_PICKUP

    def reserve(self, order_id: str, number: str, amount_cents: int) -> Reservation:
        return Reservation(AT_PICKUP)

    def release(self, reference: str) -> bool:
        return True

    def refund(self, intent: str, order_id: str) -> bool:
        return True


class OverHttp:
    """``POST /reservations`` with an idempotency key, ``DELETE /reservations/{id}``."""

    way = RESERVED

    def __init__(self, base: str, timeout: float) -> None:
        self._base = base
        self._timeout = timeout

    def reserve(self, order_id: str, number: str, amount_cents: int) -> Reservation:
        try:
            answer = self._call(
                "POST",
                "/reservations",
                {"order": mark(order_id), "amount_cents": amount_cents},
                mark(order_id),
            )
            return Reservation(str(answer["id"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.error(
                "payment_failed", extra={"order": mark(order_id), "error": type(error).__name__}
            )
            raise PaymentUnavailable(UNAVAILABLE) from error

    def release(self, reference: str) -> bool:
        return self._told("DELETE", f"/reservations/{reference}", reference)

    def refund(self, intent: str, order_id: str) -> bool:
        return self._told("DELETE", f"/reservations/{intent}", mark(order_id))

    def _told(self, method: str, path: str, key: str) -> bool:
        try:
            self._call(method, path, None, key)
        except (httpx.HTTPError, ValueError) as error:
            if isinstance(error, httpx.HTTPStatusError) and error.response.status_code in GONE:
                return True
            log.warning(
                "payment_release_failed", extra={"reference": key, "error": type(error).__name__}
            )
            return False
        return True

    def _call(
        self, method: str, path: str, document: dict[str, object] | None, key: str
    ) -> dict[str, object]:
        headers = {"Idempotency-Key": key}
        with golive_app.span(f"{method} payments", url__path=path, server__address=self._base):
            golive_app.inject(headers)
            with httpx.Client(
                base_url=self._base, timeout=self._timeout, trust_env=False
            ) as client:
                answer = client.request(method, path, json=document, headers=headers)
            answer.raise_for_status()
            return dict(answer.json()) if answer.content else {}


def provider() -> Payments:
    """The configured provider."""
    if settings.STRIPE_API_KEY:
        from farmersmarket.orders.stripe_cards import ByCard

        return ByCard(settings.STRIPE_API_KEY, settings.STRIPE_URL, settings.PAYMENT_TIMEOUT)
    if settings.PAYMENT_URL:
        return OverHttp(settings.PAYMENT_URL, settings.PAYMENT_TIMEOUT)
    return AtPickup()


def way() -> str:
    """How orders are paid here: one of ``orders.wording``."""
    return BY_CARD if settings.STRIPE_API_KEY else RESERVED if settings.PAYMENT_URL else AT_PICKUP


@golive_app.check("payments", ready=False)
def reachable() -> golive_app.Outcome:
    """The provider takes connections. The shop can be looked at without it, so that readiness does not ask."""
    address = settings.STRIPE_URL if settings.STRIPE_API_KEY else settings.PAYMENT_URL
    if not address:
        return golive_app.Outcome("unknown", "paid at pickup")
    place = httpx.URL(address)
    port = place.port or (443 if place.scheme == "https" else 80)
    try:
        socket.create_connection((place.host, port), settings.PAYMENT_TIMEOUT).close()
    except OSError:
        return golive_app.Outcome("down", "does not answer")
    return golive_app.Outcome("ok")
