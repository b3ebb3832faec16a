"""What waits for people's word, over the API; deciding is a verb of the release."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.ship.approvals import queries

router = Router(tags=["releases"])


class WaitingOut(Schema):
    id: str
    subject: str
    digest: str
    evidence: dict[str, Any]
    needed: int
    missing: int
    created_at: datetime
    expires_at: datetime


@router.get("/approvals", response=list[WaitingOut])
def waiting(request: HttpRequest) -> list[dict[str, Any]]:
    """List open requests, the most urgent first."""
    require(actor_of(request), Role.VIEWER)
    return [asdict(one) for one in queries.waiting()]
