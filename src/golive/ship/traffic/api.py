"""Certificates of the edge over the API."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from golive.kernel import clock
from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.kernel.ports import the
from golive.ship.traffic.ports import TrafficRouter

router = Router(tags=["traffic"])


class ServedCertificate(Schema):
    site: str = Field(description='"service/environment", or "golive" for the public door of the control room.')
    names: list[str]
    not_after: datetime | None = Field(description="None when nothing is served.")
    warning: str = Field(description="What a person has to do about it; empty when nothing.")


@router.get("/certificates", response=list[ServedCertificate])
def certificates(request: HttpRequest) -> list[dict[str, Any]]:
    """Show by which certificates the edge speaks TLS, and what is wrong with newer files."""
    require(actor_of(request), Role.VIEWER)
    now = clock.now()
    return [
        {"site": site, "names": list(one.names), "not_after": one.not_after, "warning": one.warning(now)}
        for site, one in sorted(the(TrafficRouter).certificates().items())
    ]
