"""Owes and sends messages: at least once, with growing pauses, given up after a day."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import golive_app
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string

from farmersmarket.outbox import channels, domain
from farmersmarket.outbox.models import Choice, Message, Notice

if TYPE_CHECKING:
    from farmersmarket.orders.models import Order
    from farmersmarket.people.models import Person

log = logging.getLogger(__name__)
# Longer than a server may take for all the steps of one message.
LEASE = timedelta(minutes=5)
PATIENCE = 3
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
    _tell_customer(order, subject=_subject(order), body=body, link=link, now=now)


def part_news(order: "Order", *, ready: str, waiting: list[str], now: datetime) -> None:
    """Owes the customer the news that the stall ``ready`` has its part ready before the others."""
    link = f"/orders/{order.id}/track"
    facts = {"order": order, "ready": ready, "waiting": waiting}
    body = render_to_string("mail/part.txt", {**facts, "address": settings.PUBLIC_URL + link})
    subject = f"Your order {order.number}: ready at {ready}"
    _tell_customer(order, subject=subject, body=body, link=link, now=now)


def _tell_customer(order: "Order", **words: Any) -> None:
    if order.customer is not None:
        tell(order.customer, kind="order", **words)
    elif order.email:  # else nobody knows any more whose it was
        del words["link"]
        owe(kind="order", to=order.email, **words)


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
        # A name in it may have had a line end, which no mail server takes.
        subject=" ".join(subject.split()),
        body=body,
        due_at=due or now,
        created_at=now,
    )


def send_due(*, now: datetime, limit: int = 50) -> int:
    """Sends what is due by the channels that are configured; returns how many messages were accepted.

    A channel that fails ``PATIENCE`` times in a row is left for the next call, so that it holds up no other.
    """
    ways = channels.configured()
    due = list(
        Message.objects.filter(
            state=Message.State.QUEUED, due_at__lte=now, channel__in=ways
        ).order_by("due_at")[:limit]
    )
    rest, failed, accepted, begun = _rest_of(due), Counter[str](), 0, time.monotonic()
    for message in due:
        # Taken one by one: a slow server would outlast a lease on all of them, and another worker send them again.
        moment = now + timedelta(seconds=time.monotonic() - begun)
        if failed[message.channel] < PATIENCE and _take(
            message, moment, rest.get(message.recipient)
        ):
            sent = _send(message, ways[message.channel], moment)
            failed[message.channel] = 0 if sent else failed[message.channel] + 1
            accepted += sent
    return accepted


def _rest_of(due: list[Message]) -> dict[str, tuple[int, int]]:
    # Asked again: what waited for its server may come at night, and people change their minds.
    to = [message.recipient for message in due if message.kind not in domain.URGENT]
    people = get_user_model().objects.exclude(quiet_from=None).exclude(quiet_until=None)
    rows = people.filter(Q(email__in=to) | Q(phone__in=to)).values_list(
        "email", "phone", "quiet_from", "quiet_until"
    )
    return {address: (begin, end) for *known, begin, end in rows for address in known if address}


def send_again(*, channel: str, now: datetime) -> int:
    """Owes once more what was given up on a channel; returns how many messages."""
    return Message.objects.filter(channel=channel, state=Message.State.DEAD).update(
        state=Message.State.QUEUED, attempts=0, due_at=now, error=""
    )


def _take(message: Message, now: datetime, quiet: tuple[int, int] | None = None) -> bool:
    # Whoever moves the due time on owns the message until then; a worker that dies leaves it to the next one.
    free = Message.objects.filter(id=message.id, state=Message.State.QUEUED, due_at=message.due_at)
    if quiet and message.kind not in domain.URGENT:
        morning = domain.after_quiet(now, *quiet, ZoneInfo(settings.TIME_ZONE))
        if morning > now:
            free.update(due_at=morning)
            return False
    return bool(free.update(due_at=now + LEASE, attempts=F("attempts") + 1))


def _send(message: Message, way: Callable[[Message], None], now: datetime) -> bool:
    try:
        way(message)
    except Exception as error:  # noqa: BLE001 - a provider fails in any way; the message stays owed
        _again(message, now, error)
        return False
    Message.objects.filter(id=message.id).update(state=Message.State.SENT, sent_at=now, error="")
    _sent.record(1, channel=message.channel, type=message.kind)
    return True


def _again(message: Message, now: datetime, error: Exception) -> None:
    attempts = message.attempts + 1
    rest = None if isinstance(error, channels.RefusedError) else domain.pause(attempts)
    state = Message.State.QUEUED if rest else Message.State.DEAD
    name = type(error).__name__
    changes = {"state": state, "due_at": now + (rest or timedelta()), "error": name}
    Message.objects.filter(id=message.id).update(**changes)
    facts = {"channel": message.channel, "message_id": message.id, "attempts": attempts}
    log.error("external_failure", extra={**facts, "error": name, "given_up": rest is None})
