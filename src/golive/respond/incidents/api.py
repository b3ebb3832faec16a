"""Incidents over the API."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.respond.incidents import operations, queries

router = Router(tags=["incidents"])


class IncidentOut(Schema):
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
    evidence: str
    occurrences: int
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    mitigated_at: datetime | None
    resolved_at: datetime | None


class TimelineOut(Schema):
    at: datetime
    actor: str
    kind: str
    text: str
    facts: dict[str, Any]


class IncidentDetail(IncidentOut):
    facts: dict[str, Any]
    timeline: list[TimelineOut]


class NoteIn(Schema, extra="forbid"):
    text: str = Field(min_length=1, max_length=4000)


class ResolveIn(Schema, extra="forbid"):
    sentence: str = Field("", max_length=1000)


class SeverityIn(Schema, extra="forbid"):
    severity: str


@router.get("/incidents", response=list[IncidentOut])
def list_incidents(
    request: HttpRequest,
    open: bool = False,  # noqa: A002
    before: int | None = None,
) -> list[queries.IncidentView]:
    """Incidents, newest first; `open=true`: only those that are not resolved."""
    require(actor_of(request), Role.VIEWER)
    return queries.open_incidents() if open else queries.latest(before=before)


@router.get("/incidents/{incident}", response=IncidentDetail)
def show_incident(request: HttpRequest, incident: str) -> IncidentDetail:
    """One incident, by id or number, with its timeline."""
    require(actor_of(request), Role.VIEWER)
    return _detail(incident)


@router.post("/incidents/{incident}/ack", response=IncidentDetail)
def acknowledge(request: HttpRequest, incident: str) -> IncidentDetail:
    """Take the incident: nobody is paged for it any more."""
    actor = require(actor_of(request), Role.OPERATOR)
    return _detail(operations.acknowledge(by=actor, incident=incident, via="API").id)


@router.post("/incidents/{incident}/mitigate", response=IncidentDetail)
def mitigate(request: HttpRequest, incident: str, body: NoteIn) -> IncidentDetail:
    """Say that users are safe."""
    actor = require(actor_of(request), Role.OPERATOR)
    return _detail(operations.mitigate(by=actor, incident=incident, sentence=body.text).id)


@router.post("/incidents/{incident}/resolve", response=IncidentDetail)
def resolve(request: HttpRequest, incident: str, body: ResolveIn) -> IncidentDetail:
    """Close the incident."""
    actor = require(actor_of(request), Role.OPERATOR)
    return _detail(operations.resolve(by=actor, incident=incident, sentence=body.sentence).id)


@router.post("/incidents/{incident}/severity", response=IncidentDetail)
def set_severity(request: HttpRequest, incident: str, body: SeverityIn) -> IncidentDetail:
    """Change the severity by hand."""
    actor = require(actor_of(request), Role.OPERATOR)
    return _detail(operations.set_severity(by=actor, incident=incident, severity=body.severity).id)


@router.post("/incidents/{incident}/notes", response={201: IncidentDetail})
def add_note(request: HttpRequest, incident: str, body: NoteIn) -> Status[IncidentDetail]:
    """Add a line to the timeline."""
    actor = require(actor_of(request), Role.OPERATOR)
    operations.note(by=actor, incident=incident, text=body.text)
    return Status(201, _detail(incident))


def _detail(incident: str) -> IncidentDetail:
    view = queries.get(incident)
    shown = IncidentOut.model_validate(view, from_attributes=True).model_dump()
    lines = [TimelineOut.model_validate(one, from_attributes=True) for one in queries.timeline(view.id)]
    return IncidentDetail(**shown, facts=view.facts, timeline=lines)
