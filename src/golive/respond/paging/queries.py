"""Reading pages and their attempts."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from golive.respond.paging.models import Attempt, Page


@dataclass(frozen=True)
class AttemptView:
    """One message and what became of it: accepted, delivered, acknowledged."""

    id: str
    incident: str
    person: str
    email: str
    level: int
    round: int
    act: str
    sentence: str
    channel: str
    channel_name: str
    address: str
    state: str
    tries: int
    error: str
    provider_id: str
    created_at: datetime
    accepted_at: datetime | None
    delivered_at: datetime | None
    acked_at: datetime | None

    @property
    def seconds_to_accepted(self) -> float | None:
        """Return the seconds from the incident's transaction to the provider's yes."""
        return (self.accepted_at - self.created_at).total_seconds() if self.accepted_at else None


def attempts_of(incident: str) -> list[AttemptView]:
    """Return all messages about an incident, oldest first."""
    rows = Attempt.objects.filter(page__incident=incident).select_related("page")
    return [_view(row) for row in rows]


def last_asked(incident: str) -> tuple[datetime, int] | None:
    """Return when people were last asked, and how many rounds ago it began; None when nobody was."""
    last = Page.objects.filter(incident=incident).order_by("-round").first()
    if last is None:
        return None
    began = Page.objects.filter(incident=incident, begins=True).aggregate(last=Max("round"))["last"]
    return last.created_at, last.round - (began or 0)


def attempt(attempt_id: str) -> AttemptView | None:
    """Return one message."""
    row = Attempt.objects.select_related("page").filter(pk=attempt_id).first()
    return _view(row) if row else None


def _view(row: Attempt) -> AttemptView:
    page = row.page
    return AttemptView(
        row.pk,
        page.incident,
        page.name,
        page.email,
        page.level,
        page.round,
        row.act,
        row.sentence,
        row.channel,
        row.channel_name,
        row.address,
        row.state,
        row.tries,
        row.error,
        row.provider_id,
        row.created_at,
        row.accepted_at,
        row.delivered_at,
        row.acked_at,
    )
