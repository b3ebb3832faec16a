"""Writes of card payments and reservations: what the provider tells, and what it still has to be told."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from farmersmarket.orders import domain, operations, paying
from farmersmarket.orders.models import CardPayment, Order, ProviderEvent
from farmersmarket.orders.payments import Payments
from farmersmarket.orders.wording import BY_CARD, RESERVED

log = logging.getLogger(__name__)
KINDS = {
    "checkout.session.completed": paying.WAS_PAID,
    "checkout.session.async_payment_succeeded": paying.WAS_PAID,
    "checkout.session.expired": paying.RAN_OUT,
    "checkout.session.async_payment_failed": paying.RAN_OUT,
    "charge.refunded": paying.GAVE_BACK,
}
LONGEST = 900
_MADE_BY = {BY_CARD: ~Q(page=""), RESERVED: Q(page="")}


def take(event: dict[str, Any], *, currency: str, now: datetime) -> str:
    """Acts on an event of the provider, once; returns what became of it, for the log."""
    kind = KINDS.get(str(event.get("type")))
    if kind is None:
        return "not for us"
    with transaction.atomic():
        _, new = ProviderEvent.objects.get_or_create(
            id=event["id"][:255], defaults={"kind": str(event["type"])[:80], "at": now}
        )
        if not new:
            return "seen before"
        found = event.get("data", {}).get("object", {})
        payment = _payment(found)
        if payment is None:
            return "unknown payment"
        if kind == paying.WAS_PAID and not _whole(found, payment, currency):
            return "not the whole amount"
        if kind == paying.GAVE_BACK and found.get("amount_refunded") != payment.cents:
            return "given back in part"
        if isinstance(found.get("payment_intent"), str):
            payment.intent = found["payment_intent"][:255]
        _move(payment, kind, now)
    return payment.state


def _payment(found: dict[str, Any]) -> CardPayment | None:
    order = (found.get("metadata") or {}).get("order")
    payment = _locked(str(order))
    # A session has to be the one that was made for this order, whatever its metadata say.
    of_session = found.get("object") == "checkout.session"
    return None if payment and of_session and found.get("id") != payment.session else payment


def _locked(order_id: str) -> CardPayment | None:
    # The order first, as whoever moves it: each would wait for what the other holds.
    if not Order.objects.select_for_update().filter(id=order_id):
        return None
    return CardPayment.objects.select_for_update().filter(order_id=order_id).first()


def _whole(found: dict[str, Any], payment: CardPayment, currency: str) -> bool:
    return (
        found.get("payment_status") == "paid"
        and found.get("amount_total") == payment.cents
        and found.get("currency") == currency
    )


def _move(payment: CardPayment, event: str, now: datetime) -> None:
    before, payment.state = payment.state, paying.after(payment.state, event)
    if payment.state != before:
        payment.attempts, payment.due_at = 0, now
    payment.save()
    if before == paying.OPEN and payment.state == paying.CLOSED:
        _step(payment.order_id, domain.CANCELLED, now)
    if payment.state == paying.REFUNDED != before:
        _step(payment.order_id, domain.REFUNDED, now)


def _step(order_id: str, wanted: str, now: datetime) -> None:
    status = Order.objects.values_list("status", flat=True).get(id=order_id)
    if (status, wanted) in domain.TRANSITIONS:
        operations.change_status(
            order_id=order_id, wanted=wanted, role="market", actor="market", now=now
        )


def settle_due(*, payments: Payments, now: datetime, limit: int = 20) -> int:
    """Tells the provider what is due: sessions to close, money to give back. Returns how many it took.

    Never given up: the pause grows to a quarter of an hour. What another provider holds waits for that one: this one
    would know nothing of it, and nobody would get their money.
    """
    if payments.way not in _MADE_BY:
        return 0
    waiting = CardPayment.objects.filter(
        _MADE_BY[payments.way], state__in=(paying.CLOSING, paying.REFUNDING), due_at__lte=now
    )
    return sum(_settle(payment, payments, now) for payment in waiting.order_by("due_at")[:limit])


def _settle(payment: CardPayment, payments: Payments, now: datetime) -> bool:
    rest = timedelta(seconds=min(2 ** (payment.attempts + 1), LONGEST))
    mine = CardPayment.objects.filter(
        order_id=payment.order_id, state=payment.state, due_at=payment.due_at
    )
    if not mine.update(due_at=now + rest, attempts=payment.attempts + 1):
        return False
    closing = payment.state == paying.CLOSING
    told = (
        payments.release(payment.session)
        if closing
        else payments.refund(payment.intent, payment.order_id)
    )
    if told:
        with transaction.atomic():
            fresh = _locked(payment.order_id)
            if fresh and fresh.state == payment.state:
                _move(fresh, paying.RAN_OUT if closing else paying.GAVE_BACK, now)
    return told
