"""Queues and sends mail: at least once, with growing pauses, given up after ten attempts."""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import golive_app
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.template.loader import render_to_string

from farmersmarket.outbox.models import Message

if TYPE_CHECKING:
    from farmersmarket.orders.models import Order

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
ATTEMPTS = 10
_sent = golive_app.counter(
    "notifications_sent_total", description="Notifications handed to their channel"
)


def order_news(order: "Order", *, now: datetime) -> None:
    """Owes the customer a mail about the order's present status."""
    facts = {"order": order, "address": f"{settings.PUBLIC_URL}/orders/{order.id}/track"}
    owe(
        kind=f"order_{order.status.lower()}",
        to=order.email,
        subject=_subject(order),
        body=render_to_string("mail/order.txt", facts),
        now=now,
    )


def _subject(order: "Order") -> str:
    return f"Your order {order.number}: {order.status.lower()}"


def owe(*, kind: str, to: str, subject: str, body: str, now: datetime) -> None:
    """Writes a mail that the worker will send; rolled back with the transaction around it."""
    Message.objects.create(
        kind=kind, recipient=to, subject=subject, body=body, due_at=now, created_at=now
    )


def send_due(*, now: datetime, limit: int = 50) -> int:
    """Sends what is due and returns how many were accepted by the mail server; nothing without ``EMAIL_HOST``."""
    if not settings.EMAIL_HOST:
        return 0
    due = list(
        Message.objects.filter(state=Message.State.QUEUED, due_at__lte=now).order_by("due_at")[
            :limit
        ]
    )
    mine = [message for message in due if _take(message, now)]
    return sum(_send(message, now) for message in mine)


def _take(message: Message, now: datetime) -> bool:
    # Whoever moves the due time on owns the message until then; a worker that dies leaves it to the next one.
    free = Message.objects.filter(id=message.id, state=Message.State.QUEUED, due_at=message.due_at)
    return bool(free.update(due_at=now + LEASE, attempts=F("attempts") + 1))


def _send(message: Message, now: datetime) -> bool:
    mail = EmailMessage(
        message.subject,
        message.body,
        None,
        [message.recipient],
        headers={"Message-ID": f"<{message.id}@farmersmarket>"},
    )
    try:
        mail.connection = get_connection()
        mail.send()
    except Exception as error:  # noqa: BLE001 the mail server may fail in any way; the message stays owed
        _retry(message, now, type(error).__name__)
        return False
    Message.objects.filter(id=message.id).update(state=Message.State.SENT, sent_at=now, error="")
    _sent.record(1, channel="email", type=message.kind)
    return True


def _retry(message: Message, now: datetime, error: str) -> None:
    attempts = message.attempts + 1
    dead = attempts >= ATTEMPTS
    pause = timedelta(seconds=min(2**attempts, 900))
    state = Message.State.DEAD if dead else Message.State.QUEUED
    Message.objects.filter(id=message.id).update(state=state, due_at=now + pause, error=error)
    log.error(
        "mail_failed",
        extra={"message_id": message.id, "attempts": attempts, "error": error, "given_up": dead},
    )
