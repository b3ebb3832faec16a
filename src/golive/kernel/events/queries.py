"""Reading the event log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from golive.kernel import clock
from golive.kernel.events.models import Event

UNSETTLED = timedelta(seconds=10)  # longer than any transaction that announces


@dataclass(frozen=True)
class Happened:
    """One row of the event log."""

    id: int
    kind: str
    subject: str
    facts: dict[str, Any]
    at: datetime


def since(event_id: int, *, limit: int = 200) -> list[Happened]:
    """Return up to `limit` events after `event_id`, oldest first."""
    return [_happened(event) for event in Event.objects.filter(pk__gt=event_id).order_by("pk")[:limit]]


def latest(*, limit: int = 50, kinds: tuple[str, ...] = ()) -> list[Happened]:
    """Return the newest events, newest first."""
    rows = Event.objects.filter(kind__in=kinds) if kinds else Event.objects.all()
    return [_happened(event) for event in rows.order_by("-pk")[:limit]]


def about(subject: str, *, limit: int = 500) -> list[Happened]:
    """Return the events of one subject, oldest first."""
    return [_happened(event) for event in Event.objects.filter(subject=subject).order_by("pk")[:limit]]


def settled_id() -> int:
    """Return the id up to which the log is complete, 0 when it is empty.

    PostgreSQL gives ids before it commits: the event before a young one may still come, or was rolled back.
    """
    latest_ids = list(Event.objects.order_by("-pk").values_list("pk", "at")[:50])[::-1]
    return settled(latest_ids[1:], after=latest_ids[0][0]) if latest_ids else 0


def settled(events: Iterable[tuple[int, datetime]], *, after: int) -> int:
    """Return the id up to which nothing can be missing, from (id, moment) of what follows `after`, oldest first."""
    now = clock.now()
    for event_id, at in events:
        if event_id != after + 1 and now - at < UNSETTLED:
            return after
        after = event_id
    return after


def _happened(event: Event) -> Happened:
    return Happened(event.pk, event.kind, event.subject, event.facts, event.at)
