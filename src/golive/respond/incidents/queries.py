"""Reading incidents."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from golive.kernel.problems import NotFound
from golive.respond.incidents.domain import GRAVE, OPEN_STATES, State, summary
from golive.respond.incidents.models import Incident, TimelineEntry


@dataclass(frozen=True)
class IncidentView:
    """An incident as others may see it. `evidence` is the address of what the release's failure looks like."""

    id: str
    number: int
    severity: str
    state: str
    title: str
    sentence: str
    blames_release: bool
    service: str
    environment: str
    release: str
    version: str
    facts: dict[str, Any]
    occurrences: int
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    mitigated_at: datetime | None
    resolved_at: datetime | None

    @property
    def site(self) -> str:
        return f"{self.service}/{self.environment}" if self.service else ""

    @property
    def is_open(self) -> bool:
        return self.state != State.RESOLVED

    @property
    def burns(self) -> bool:
        """Whether users are in trouble still."""
        return self.mitigated_at is None and self.severity in GRAVE

    @property
    def evidence(self) -> str:
        return f"/releases/{self.release}/evidence" if self.release else ""

    @property
    def summary(self) -> str:
        return summary(self.number, self.severity, self.title)


@dataclass(frozen=True)
class TimelineView:
    """One line of a timeline."""

    at: datetime
    actor: str
    kind: str
    text: str
    facts: dict[str, Any]


def get(incident_id: str) -> IncidentView:
    """Return an incident by id or number. Raises NotFound."""
    wanted = Q(pk=incident_id)
    if incident_id.isdecimal() and len(incident_id) < 9:
        wanted |= Q(number=int(incident_id))
    row = Incident.objects.filter(wanted).first()
    if row is None:
        raise NotFound(f"There is no incident {incident_id}.")
    return view_of(row)


def open_incidents() -> list[IncidentView]:
    """Return what is not resolved, newest first."""
    return [view_of(row) for row in Incident.objects.filter(state__in=OPEN_STATES)]


def latest(*, limit: int = 50, before: int | None = None, service: str = "") -> list[IncidentView]:
    """Return incidents, of one service or of all, newest first; `before` is the number of the last one that was seen."""
    rows = Incident.objects.filter(number__lt=before) if before else Incident.objects.all()
    if service:
        rows = rows.filter(service=service)
    return [view_of(row) for row in rows[:limit]]


def of_release(release: str) -> list[IncidentView]:
    """Return the incidents of one release, newest first."""
    return [view_of(row) for row in Incident.objects.filter(release=release)]


def open_about(dedup_key: str) -> IncidentView | None:
    """Return the open incident of a key, if any."""
    row = Incident.objects.filter(dedup_key=dedup_key, state__in=OPEN_STATES).first()
    return view_of(row) if row else None


def since(moment: datetime) -> list[IncidentView]:
    """Return incidents that were opened at or after `moment`, or are open still, newest first."""
    rows = Incident.objects.filter(Q(opened_at__gte=moment) | Q(state__in=OPEN_STATES))
    return [view_of(row) for row in rows]


def timeline(incident_id: str) -> list[TimelineView]:
    """Return an incident's timeline, oldest first."""
    return [
        TimelineView(row.at, row.actor, row.kind, row.text, row.facts)
        for row in TimelineEntry.objects.filter(incident_id=incident_id)
    ]


def view_of(row: Incident) -> IncidentView:
    """Return a row as others may see it."""
    return IncidentView(
        row.pk,
        row.number,
        row.severity,
        row.state,
        row.title,
        row.sentence,
        row.blames_release,
        row.service,
        row.environment,
        row.release,
        row.version,
        row.facts,
        row.occurrences,
        row.opened_at,
        row.acknowledged_at,
        row.acknowledged_by,
        row.mitigated_at,
        row.resolved_at,
    )
