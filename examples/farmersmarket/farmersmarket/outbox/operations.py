"""Owes and sends messages: at least once, with growing pauses, given up after ten attempts."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import golive_app
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string

from farmersmarket.outbox import channels, domain
from farmersmarket.outbox.models import Choice, Message, Notice

if TYPE_CHECKING:
    from farmersmarket.orders.models import Order
    from farmersmarket.people.models import Person

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
_sent = golive_app.counter(
    "notifications_sent_total", description="Notifications handed to their channel"
)


def order_news(order: "Order", *, now: datetime, because: str = "") -> None:
    """Owes the customer the news of the order's present status."""
    link = f"/orders/{order.id}/track"
    body = render_to_string(
        "mail/order.txt",
        {"order": order, "because": because, "address": settings.PUBLIC_URL + link},
    )
    if order.customer is None:
        owe(kind="order", to=order.email, subject=_subject(order), body=body, now=now)
    else:
        tell(order.customer, kind="order", subject=_subject(order), body=body, link=link, now=now)


def _subject(order: "Order") -> str:
    return f"Your order {order.number}: {order.status.lower()}"


def tell(person: "Person", *, kind: str, subject: str, body: str, link: str, now: datetime) -> None:
    """Owes a person news by every channel they want it on; mail and text messages wait for the end of quiet hours."""
    chosen = choices(person)
    due = domain.after_quiet(
        now, person.quiet_from, person.quiet_until, ZoneInfo(settings.TIME_ZONE)
    )
    if domain.wants(chosen, kind, domain.EMAIL):
        owe(kind=kind, to=person.email, subject=subject, body=body, now=now, due=due)
    if person.phone and domain.wants(chosen, kind, domain.SMS):
        text = f"{subject} {settings.PUBLIC_URL}{link}"
        owe(kind=kind, to=person.phone, subject="", body=text, now=now, due=due, channel=domain.SMS)
    if domain.wants(chosen, kind, domain.IN_APP):
        Notice.objects.create(person=person, text=subject[:200], link=link, created_at=now)
        _sent.record(1, channel=domain.IN_APP, type=kind)


def choices(person: "Person") -> dict[tuple[str, str], bool]:
    """What a person has chosen, by kind and channel."""
    rows = Choice.objects.filter(person=person).values_list("kind", "channel", "wanted")
    return {(kind, channel): wanted for kind, channel, wanted in rows}


def choose(
    person: "Person",
    *,
    wanted: Mapping[tuple[str, str], bool],
    phone: str,
    quiet: tuple[int | None, int | None],
) -> None:
    """Keeps what a person wants to be told, where, and not when."""
    with transaction.atomic():
        for (kind, channel), value in wanted.items():
            Choice.objects.update_or_create(
                person=person, kind=kind, channel=channel, defaults={"wanted": value}
            )
        person.phone = phone
        person.quiet_from, person.quiet_until = quiet
        person.save(update_fields=["phone", "quiet_from", "quiet_until"])


def owe(
    *,
    kind: str,
    to: str,
    subject: str,
    body: str,
    now: datetime,
    due: datetime | None = None,
    channel: str = domain.EMAIL,
) -> None:
    """Writes a message that the worker will send; rolled back with the transaction around it."""
    Message.objects.create(
        kind=kind,
        channel=channel,
        recipient=to,
        subject=subject,
        body=body,
        due_at=due or now,
        created_at=now,
    )


def send_due(*, now: datetime, limit: int = 50) -> int:
    """Sends what is due by the channels that are configured; returns how many messages were accepted."""
    ways = channels.configured()
    due = list(
        Message.objects.filter(
            state=Message.State.QUEUED, due_at__lte=now, channel__in=ways
        ).order_by("due_at")[:limit]
    )
    mine = [message for message in due if _take(message, now)]
    return sum(_send(message, ways[message.channel], now) for message in mine)


def _take(message: Message, now: datetime) -> bool:
    # Whoever moves the due time on owns the message until then; a worker that dies leaves it to the next one.
    free = Message.objects.filter(id=message.id, state=Message.State.QUEUED, due_at=message.due_at)
    return bool(free.update(due_at=now + LEASE, attempts=F("attempts") + 1))


def _send(message: Message, way: Callable[[Message], None], now: datetime) -> bool:
    try:
        way(message)
    except Exception as error:  # noqa: BLE001 - a provider fails in any way; the message stays owed
        _again(message, now, type(error).__name__)
        return False
    Message.objects.filter(id=message.id).update(state=Message.State.SENT, sent_at=now, error="")
    _sent.record(1, channel=message.channel, type=message.kind)
    return True


def _again(message: Message, now: datetime, error: str) -> None:
    attempts = message.attempts + 1
    rest = domain.pause(attempts)
    state = Message.State.QUEUED if rest else Message.State.DEAD
    changes = {"state": state, "due_at": now + (rest or timedelta()), "error": error}
    Message.objects.filter(id=message.id).update(**changes)
    facts = {"channel": message.channel, "message_id": message.id, "attempts": attempts}
    log.error("external_failure", extra={**facts, "error": error, "given_up": rest is None})
