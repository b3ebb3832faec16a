"""Payment behind one interface: at pickup by default, a provider over HTTP when ``PAYMENT_URL`` is set."""

import logging
import socket
from typing import Protocol

import golive_app
import httpx
from django.conf import settings

from farmersmarket.orders.domain import PaymentUnavailable

log = logging.getLogger(__name__)


class Payments(Protocol):
    """Reserves an amount for an order, and lets it go."""

    def reserve(self, order_id: str, amount_cents: int) -> str:
        """The reservation's reference. Raises ``PaymentUnavailable``; the same order is never reserved twice."""

    def release(self, reference: str) -> None:
        """Gives a reservation back; quiet when the provider cannot be reached, reservations expire there."""


class AtPickup:
    """Money changes hands at the stall."""

    def reserve(self, order_id: str, amount_cents: int) -> str:
        return "at-pickup"

    def release(self, reference: str) -> None:
        return None


class OverHttp:
    """``POST /reservations`` with an idempotency key, ``DELETE /reservations/{id}``."""

    def __init__(self, base: str, timeout: float) -> None:
        self._base = base
        self._timeout = timeout

    def reserve(self, order_id: str, amount_cents: int) -> str:
        try:
            answer = self._call(
                "POST", "/reservations", {"order": order_id, "amount_cents": amount_cents}, order_id
            )
            return str(answer["id"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.error("payment_failed", extra={"order": order_id, "error": type(error).__name__})
            raise PaymentUnavailable(
                "The payment service does not answer. Nothing was ordered and your cart is kept."
            ) from error

    def release(self, reference: str) -> None:
        try:
            self._call("DELETE", f"/reservations/{reference}", None, reference)
        except (httpx.HTTPError, ValueError) as error:
            log.warning(
                "payment_release_failed",
                extra={"reference": reference, "error": type(error).__name__},
            )

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
    return (
        OverHttp(settings.PAYMENT_URL, settings.PAYMENT_TIMEOUT)
        if settings.PAYMENT_URL
        else AtPickup()
    )


@golive_app.check("payments", ready=False)
def reachable() -> golive_app.Outcome:
    """The provider takes connections. The shop can be looked at without it, so that readiness does not ask."""
    if not settings.PAYMENT_URL:
        return golive_app.Outcome("unknown", "paid at pickup")
    place = httpx.URL(settings.PAYMENT_URL)
    port = place.port or (443 if place.scheme == "https" else 80)
    try:
        socket.create_connection((place.host, port), settings.PAYMENT_TIMEOUT).close()
    except OSError:
        return golive_app.Outcome("down", "does not answer")
    return golive_app.Outcome("ok")
