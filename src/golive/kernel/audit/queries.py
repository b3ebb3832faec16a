"""Reading the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from golive.kernel.audit.models import Entry


@dataclass(frozen=True)
class Act:
    """One entry as lists show it."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    facts: dict[str, Any]


def latest(*, limit: int = 100, before: int | None = None, subject: str = "") -> list[Act]:
    """Return the newest acts, newest first; `before` is the id to read on from."""
    rows = Entry.objects.order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if subject:
        rows = rows.filter(subject=subject)
    return [Act(e.pk, e.at, e.actor, e.action, e.subject, e.facts) for e in rows[:limit]]
