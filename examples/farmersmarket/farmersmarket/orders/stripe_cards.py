"""Cards by Stripe's own library: a Checkout Session for each order, paid on Stripe's page.

https://docs.stripe.com/api/checkout/sessions, https://docs.stripe.com/webhooks. No card number comes near the market.
"""

import json
import logging
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import golive_app
import requests
import stripe
from django.conf import settings

from farmersmarket.orders.domain import PaymentUnavailable
from farmersmarket.orders.marks import mark
from farmersmarket.orders.payments import UNAVAILABLE, Reservation
from farmersmarket.orders.wording import BY_CARD

CURRENCY = "eur"
TOLERANCE = 300
HOLD = 3600
# Answers to a repeated wish: it was fulfilled before.
_DONE = ("charge_already_refunded", "checkout_session_expired")
log = logging.getLogger(__name__)


class ByCard:
    """``Payments`` by Stripe. A reservation is a session that its customer has still to pay."""

    way = BY_CARD

    def __init__(self, key: str, base: str, timeout: float) -> None:
        self._base = base
        self._client = _client(key, base, timeout)

    def reserve(self, order_id: str, number: str, amount_cents: int) -> Reservation:
        address = f"{settings.PUBLIC_URL}/orders/{order_id}/track"
        price = {
            "currency": CURRENCY,
            "unit_amount": amount_cents,
            "product_data": {"name": f"Farmers Market order {number}"},
        }
        wanted: Any = {
            "mode": "payment",
            "client_reference_id": order_id,
            "line_items": [{"quantity": 1, "price_data": price}],
            "metadata": {"order": order_id},
            "payment_intent_data": {"metadata": {"order": order_id}},
            # Stripe's own day would keep the last pieces and places from everybody else that long.
            "expires_at": int(time.time()) + HOLD,
            "success_url": address,
            "cancel_url": address,
        }
        try:
            session = self._call(
                "POST checkout.sessions",
                lambda: self._client.v1.checkout.sessions.create(
                    wanted, {"idempotency_key": f"order-{order_id}"}
                ),
            )
            page = str(session["url"])
            if not page.startswith(("https://", "http://")):
                raise ValueError("no address")
            return Reservation(str(session["id"]), page)
        except (stripe.StripeError, KeyError, ValueError, TypeError) as error:
            log.error(
                "payment_failed", extra={"order": mark(order_id), "error": type(error).__name__}
            )
            raise PaymentUnavailable(UNAVAILABLE) from error

    def release(self, reference: str) -> bool:
        return self._told(
            "POST checkout.sessions.expire",
            reference,
            lambda: self._client.v1.checkout.sessions.expire(reference),
        )

    def refund(self, intent: str, order_id: str) -> bool:
        wanted: Any = {"payment_intent": intent, "metadata": {"order": order_id}}
        return self._told(
            "POST refunds",
            mark(order_id),
            lambda: self._client.v1.refunds.create(
                wanted, {"idempotency_key": f"refund-{order_id}"}
            ),
        )

    def _told(self, name: str, reference: str, call: Callable[[], Any]) -> bool:
        try:
            self._call(name, call)
        except stripe.InvalidRequestError as error:
            # What has ended at Stripe cannot be ended again; anything else it refuses is for a person to see.
            if error.code in _DONE or "expire" in name:
                return True
            log.error("payment_failed", extra={"reference": reference, "error": str(error.code)})
            return False
        except stripe.StripeError as error:
            log.error(
                "payment_failed", extra={"reference": reference, "error": type(error).__name__}
            )
            return False
        return True

    def _call(self, name: str, call: Callable[[], Any]) -> Any:
        with golive_app.span(name, server__address=self._base):
            return call()


@lru_cache(maxsize=4)
def _client(key: str, base: str, timeout: float) -> stripe.StripeClient:
    session = requests.Session()
    session.trust_env = False
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        max_network_retries=1,
        http_client=stripe.RequestsClient(timeout=timeout, session=session),
    )


def verified(payload: bytes, signature: str, secret: str) -> dict[str, Any]:
    """The event that Stripe signed. Raises ``ValueError`` for a forged, altered, old or unreadable one."""
    try:
        text = payload.decode()
        stripe.WebhookSignature.verify_header(text, signature, secret, TOLERANCE)
        event = json.loads(text)
    except stripe.SignatureVerificationError as error:
        raise ValueError("signature") from error
    if not isinstance(event, dict) or not isinstance(event.get("id"), str):
        raise ValueError("no event")
    return event
