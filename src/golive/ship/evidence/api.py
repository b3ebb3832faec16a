"""The evidence of a release over the API."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.kernel.problems import NotFound
from golive.ship.evidence import queries

router = Router(tags=["releases"])


class EvidenceOut(Schema):
    release: str
    gathered_at: datetime
    seconds: float
    sentence: str
    problem: str
    routes: list[dict[str, Any]]
    slower: list[dict[str, Any]]
    errors: list[dict[str, Any]]
    patterns: list[dict[str, Any]]
    commits: list[dict[str, Any]]
    trace_ids: list[str]
    new: dict[str, Any]
    old: dict[str, Any]


@router.get("/releases/{release_id}/evidence", response=EvidenceOut)
def evidence(request: HttpRequest, release_id: str) -> dict[str, Any]:
    """What differs between this release and the one it replaced; exact over all rows, gathered when it was pulled."""
    require(actor_of(request), Role.VIEWER)
    found = queries.of(release_id)
    if found is None:
        raise NotFound(
            "No evidence was gathered for this release.",
            hint="It is gathered within seconds of a pull.",
        )
    return asdict(found)
