"""Pages over the API."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.respond.incidents import queries as incidents
from golive.respond.paging import queries

router = Router(tags=["incidents"])


class AttemptOut(Schema):
    id: str
    person: str
    level: int
    round: int
    act: str
    channel_name: str
    state: str
    tries: int
    error: str
    created_at: datetime
    accepted_at: datetime | None
    delivered_at: datetime | None
    acked_at: datetime | None
    seconds_to_accepted: float | None


@router.get("/incidents/{incident}/pages", response=list[AttemptOut])
def list_attempts(request: HttpRequest, incident: str) -> list[queries.AttemptView]:
    """Every message about an incident, and whether it was accepted, delivered, acknowledged."""
    require(actor_of(request), Role.VIEWER)
    return queries.attempts_of(incidents.get(incident).id)
