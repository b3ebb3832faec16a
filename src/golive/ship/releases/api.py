"""Releases over the API: ask for one, look at it, act on it."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from golive.kernel import clock
from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.kernel.config import settings
from golive.ship.releases import operations, queries
from golive.ship.releases.domain.verbs import Verb
from golive.ship.releases.queries import ReleaseView
from golive.ship.traffic import queries as traffic

router = Router(tags=["releases"])


class ReleaseIn(Schema):
    service: str = Field(max_length=40)
    revision: str = Field("HEAD", max_length=200, description="Branch, tag or hash.")


class CommandOut(Schema):
    text: str
    does: str


class ReleaseOut(Schema):
    id: str
    service: str
    environment: str
    version: str
    revision: str
    subject: str
    author: str
    requested_by: str
    digest: str
    state: str
    entered_at: datetime
    reason: str
    sentence: str
    waits_for: str
    share: float = Field(description="0..1 of the visitors.")
    replaced: str
    step: int
    until: datetime | None
    frozen: str
    question: str
    serving: bool
    open: bool
    facts: dict[str, Any]
    verbs: list[str]
    needs_person: bool = Field(description="It goes no further by itself.")
    commands: list[CommandOut] = Field(description="What a person may type then.")
    committed_at: datetime | None
    created_at: datetime
    serving_at: datetime | None
    full_at: datetime | None
    first_bad_at: datetime | None
    pulled_at: datetime | None
    verdict_at: datetime | None
    closed_at: datetime | None


class StationOut(Schema):
    state: str
    at: datetime | None
    sentence: str
    share: float


class DecisionOut(Schema):
    person: str
    name: str
    approved: bool
    comment: str
    at: datetime


class ApprovalOut(Schema):
    digest: str
    needed: int
    missing: int
    outcome: str
    expires_at: datetime
    evidence: dict[str, Any]
    decisions: list[DecisionOut]


class VerdictOut(Schema):
    at: datetime
    decision: str
    reason: str
    sentence: str
    numbers: dict[str, Any]
    requests: list[str]
    first_bad_at: datetime | None
    failed_units: int
    latency_ms: float | None


class ReleasePageOut(ReleaseOut):
    rail: list[StationOut]
    replaced_version: str
    approval: ApprovalOut | None
    verdicts: list[VerdictOut]


class EntryOut(Schema):
    seq: int
    at: datetime
    kind: str
    facts: dict[str, Any]
    hash: str


class RecordOut(Schema):
    holds: bool
    head: str
    broken_at: int | None
    entries: list[EntryOut]


class JudgeOut(Schema):
    at: datetime | None
    explanation: dict[str, Any] | None = Field(description="None before the judge has begun.")


class CertificateOut(Schema):
    not_after: datetime | None
    warning: str = Field(description="What a person has to do about it; empty when nothing.")


class SiteOut(Schema):
    id: str
    service: str
    environment: str
    url: str
    serving: str = Field(description="Version that most visitors are on.")
    serving_id: str
    share: float
    sentence: str
    maintenance: bool
    moving: list[ReleaseOut]
    certificate: CertificateOut | None = None


class Word(Schema):
    comment: str = Field("", max_length=2000)
    reason: str = Field("", max_length=2000)
    digest: str = Field("", max_length=80, description="What was looked at; refused when another would ship.")
    step: int | None = Field(
        None, description="The step, from 0, that `promote` leaves; once, however often it is sent."
    )


class RollbackIn(Schema):
    to: str | None = Field(None, max_length=40, description="A kept release; empty: the one that was replaced.")


class PlanOut(Schema):
    sentence: str
    target: str
    target_version: str
    warm: bool
    database: str


class MaintenanceIn(Schema):
    on: bool
    message: str = Field("", max_length=500)
    allow: list[str] = Field([], description="Addresses or networks that still get in.")
    retry_after_s: int = Field(300, ge=1, le=86_400)


class RunIn(Schema):
    command: list[Annotated[str, Field(max_length=100_000)]] = Field(
        description="Program and arguments; the audit log keeps them.", max_length=1000
    )


class RunOut(Schema):
    id: str
    release: str
    version: str


class RunEnd(Schema):
    exit_code: int


class Said(Schema):
    sentence: str


class ReplayOut(Schema):
    sentence: str
    same: bool | None
    decisions: list[dict[str, Any]]


VerbName = Literal["approve", "reject", "cancel", "happened", "again", "pull", "hold", "promote", "resume"]


@router.post("/releases", response={201: ReleaseOut})
def deploy(request: HttpRequest, body: ReleaseIn) -> Status[dict[str, Any]]:
    """Ask for a release of a revision."""
    release_id = operations.deploy(by=actor_of(request), service=body.service, revision=body.revision)
    return Status(201, _out(queries.release(release_id)))


@router.get("/releases", response=list[ReleaseOut])
def releases(
    request: HttpRequest,
    service: str = "",
    open: bool = False,  # noqa: A002  the API's word
    limit: int = 50,
) -> list[dict[str, Any]]:
    """List releases, newest first."""
    require(actor_of(request), Role.VIEWER)
    found = queries.releases(service=service, open_only=open, limit=max(1, min(limit, 500)))
    return [_out(one) for one in found]


@router.get("/releases/{release_id}", response=ReleasePageOut)
def release(request: HttpRequest, release_id: str) -> dict[str, Any]:
    """Show one release with its way and its verdicts."""
    require(actor_of(request), Role.VIEWER)
    page = queries.page(release_id)
    return _out(page.release) | {
        "rail": [asdict(station) for station in page.rail],
        "replaced_version": page.replaced.version if page.replaced else "",
        "approval": asdict(page.approval) if page.approval else None,
        "verdicts": [asdict(one) for one in page.verdicts],
    }


@router.get("/releases/{release_id}/record", response=RecordOut)
def record(request: HttpRequest, release_id: str) -> dict[str, Any]:
    """Show the record and whether its chain holds."""
    require(actor_of(request), Role.VIEWER)
    check = queries.check_record(release_id)
    entries = [asdict(entry) for entry in queries.record(release_id)]
    return {
        "holds": check.holds,
        "head": check.head,
        "broken_at": check.broken_at,
        "entries": entries,
    }


@router.get("/releases/{release_id}/judge", response=JudgeOut)
def judge(request: HttpRequest, release_id: str) -> dict[str, Any]:
    """Show what the judge knows now, second by second."""
    require(actor_of(request), Role.VIEWER)
    queries.release(release_id)
    return {"at": queries.explained_at(release_id), "explanation": queries.explain(release_id)}


@router.get("/releases/{release_id}/replay", response=ReplayOut)
def replay(request: HttpRequest, release_id: str) -> dict[str, Any]:
    """Judge the release again from its record and compare the decisions."""
    require(actor_of(request), Role.VIEWER)
    return asdict(queries.replay(release_id))


@router.post("/releases/{release_id}/{verb}", response=ReleaseOut)
def act(request: HttpRequest, release_id: str, verb: VerbName, body: Word | None = None) -> dict[str, Any]:
    """Act on a release; each verb may be sent again."""
    by, asked = actor_of(request), Verb(verb)
    comment, digest = (body.comment or body.reason, body.digest) if body else ("", "")
    match asked:
        case Verb.APPROVE | Verb.REJECT:
            decide = operations.approve if asked is Verb.APPROVE else operations.reject
            decide(by=by, release=release_id, digest=digest, comment=comment)
        case Verb.HAPPENED | Verb.AGAIN:
            operations.settle(by=by, release=release_id, happened=asked is Verb.HAPPENED)
        case Verb.PROMOTE:
            operations.promote(by=by, release=release_id, comment=comment, step=body.step if body else None)
        case _:
            _VERBS[asked](by=by, release=release_id, comment=comment)
    return _out(queries.release(release_id))


@router.get("/sites", response=list[SiteOut])
def sites(request: HttpRequest, service: str = "") -> list[dict[str, Any]]:
    """Show what serves where."""
    require(actor_of(request), Role.VIEWER)
    host = settings().edge_host
    return [
        asdict(one)
        | {
            "url": traffic.address(one.id, host),
            "moving": [_out(moving) for moving in one.moving],
            "certificate": traffic.certificate(one.id, clock.now()),
        }
        for one in queries.status(service)
    ]


@router.get("/services/{name}/rollback", response=PlanOut)
def plan_rollback(request: HttpRequest, name: str, to: str = "") -> dict[str, Any]:
    """Say what a rollback would do, to visitors and to the database."""
    require(actor_of(request), Role.VIEWER)
    return asdict(operations.plan_rollback(service=name, to=to))


@router.post("/services/{name}/rollback", response=Said)
def rollback(request: HttpRequest, name: str, body: RollbackIn | None = None) -> dict[str, Any]:
    """Go back to the release that was replaced, or to a kept one. Needs no argument and asks nothing."""
    plan = operations.rollback(by=actor_of(request), service=name, to=(body.to if body else "") or "")
    return {"sentence": plan.sentence}


@router.post("/services/{name}/{environment}/runs", response={201: RunOut})
def begin_run(request: HttpRequest, name: str, environment: str, body: RunIn) -> Status[operations.Run]:
    """Note that a command begins in what serves; whoever asks runs it on that machine (`golive run`)."""
    by = actor_of(request)
    run = operations.begin_run(by=by, service=name, environment=environment, command=body.command)
    return Status(201, run)


@router.post("/runs/{run}/end", response={204: None})
def end_run(request: HttpRequest, run: str, body: RunEnd) -> Status[None]:
    """Note how a command ended."""
    operations.end_run(by=actor_of(request), run=run[:40], exit_code=body.exit_code)
    return Status(204, None)


@router.post("/services/{name}/{environment}/maintenance", response=Said)
def maintenance(request: HttpRequest, name: str, environment: str, body: MaintenanceIn) -> dict[str, Any]:
    """Switch maintenance mode."""
    operations.maintenance(
        by=actor_of(request),
        service=name,
        environment=environment,
        on=body.on,
        message=body.message,
        allow=tuple(body.allow),
        retry_after_s=body.retry_after_s,
    )
    said = "Visitors get the maintenance page now." if body.on else "Visitors get the app again."
    return {"sentence": said}


_VERBS = {
    Verb.PULL: operations.pull,
    Verb.HOLD: operations.hold,
    Verb.RESUME: operations.resume,
    Verb.CANCEL: operations.cancel,
}


def _out(view: ReleaseView) -> dict[str, Any]:
    return asdict(view)
