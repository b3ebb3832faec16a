"""Reading the event log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from golive.kernel.events.models import Event


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


def last_id() -> int:
    """Return the id of the newest event, 0 when there is none."""
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _happened(event: Event) -> Happened:
    return Happened(event.pk, event.kind, event.subject, event.facts, event.at)
