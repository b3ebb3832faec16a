"""Gate runs over the API."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.ship.gates import queries
from golive.ship.gates.queries import GateRun, Output

router = Router(tags=["gates"])


class GateOut(Schema):
    id: str
    release: str
    name: str
    command: str
    state: str = Field(description="RUNNING, PASS, FAIL, UNKNOWN or SKIPPED; UNKNOWN is not a pass.")
    exit_code: int | None
    started_at: datetime
    seconds: float
    reused: bool = Field(description="An earlier run on the same input is the proof.")
    expires_at: datetime | None
    summary: str
    why: str
    digest: str


class LogOut(Schema):
    text: str
    next: int = Field(description="Byte offset to ask from again.")
    complete: bool


@router.get("/gates", response=list[GateOut])
def gates_of_release(request: HttpRequest, release: Annotated[str, Query(max_length=80)]) -> list[GateRun]:
    """The gates of a release, in their order."""
    require(actor_of(request), Role.VIEWER)
    return queries.runs(release)


@router.get("/gates/{run}/log", response=LogOut)
def gate_log(request: HttpRequest, run: str, offset: Annotated[int, Query(ge=0, le=2**40)] = 0) -> Output:
    """At most 64 KiB of a gate's output from a byte offset, also while it runs."""
    require(actor_of(request), Role.VIEWER)
    return queries.log(run, offset)
