"""The faces of work that golive gave up on. They stand here since only the runtime knows what all kinds of work are for."""

from datetime import datetime
from typing import Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from ninja import Field, Router, Schema

from golive.kernel import audit
from golive.kernel.access.http import actor_of, page, page_actor
from golive.kernel.access.roles import Actor, Role, require
from golive.kernel.durable import forget, queries, revive
from golive.kernel.problems import NotFound, Problem
from golive.respond.notices.operations import NOTICE
from golive.runtime.redelivery import KIND as REDELIVERY
from golive.ship.evidence.workflows import KIND as EVIDENCE

router = Router(tags=["jobs"])
MEANS: Final = {
    REDELIVERY: "A part of golive was not told of an event: an incident, a notice or a word on the status page may be missing.",
    EVIDENCE: "The evidence of a release that was pulled was not gathered.",
    NOTICE: "Somebody was not told of a release.",
}
RETRY, FORGET = "retry", "forget"
ACTS: Final = {RETRY: (revive, "work.retried"), FORGET: (forget, "work.forgotten")}


class GivenUpOut(Schema):
    """A piece of work that is not tried any more."""

    id: str
    kind: str
    key: str = Field(description="What it is about.")
    means: str = Field(description="What is missing without it, in words.")
    tries: int
    given_up_at: datetime | None
    error: str = Field(description="The last failure.")


class DoneOut(Schema):
    """What came of a person's word."""

    sentence: str


@router.get("/jobs/given-up", response=list[GivenUpOut])
def list_given_up(request: HttpRequest) -> list[GivenUpOut]:
    """The work that golive tried until it gave up, newest first."""
    require(actor_of(request), Role.OPERATOR)  # a failure may quote data
    return given_up()


@router.post("/jobs/{job_id}/retry", response=DoneOut)
def retry_work(request: HttpRequest, job_id: str) -> DoneOut:
    """Try it again from where it was; it is given up anew after as many failures."""
    return DoneOut(sentence=act(actor_of(request), job_id, RETRY))


@router.post("/jobs/{job_id}/forget", response=DoneOut)
def forget_work(request: HttpRequest, job_id: str) -> DoneOut:
    """Never try it again."""
    return DoneOut(sentence=act(actor_of(request), job_id, FORGET))


@require_GET
@page(Role.OPERATOR)
def show(request: HttpRequest) -> HttpResponseBase:
    """Show what golive gave up on."""
    return render(request, "durable/given_up.html", {"rows": given_up()})


@require_POST
@page(Role.OPERATOR)
def decide(request: HttpRequest, job_id: str, verb: str) -> HttpResponseBase:
    """Try it again, or forget it."""
    if verb not in ACTS:
        raise NotFound(f"There is no {verb[:40]!r} of work.")
    try:
        said, level, state = act(page_actor(request), job_id, verb), messages.SUCCESS, ""
    except Problem as problem:
        said, level, state = problem.detail, messages.ERROR, "broken"
    messages.add_message(request, level, said, extra_tags=state)
    return redirect("/jobs")


def given_up() -> list[GivenUpOut]:
    """Return what was given up, in words."""
    return [
        GivenUpOut(
            id=one.id,
            kind=one.kind,
            key=one.key,
            means=MEANS.get(one.kind, "A piece of golive's own work is not done."),
            tries=one.attempt,
            given_up_at=one.closed_at,
            error=one.error,
        )
        for one in queries.dead_letters()
    ]


def act(by: Actor, job_id: str, verb: str) -> str:
    """Do what a person decided, with its entry in the audit log. Raises Forbidden, NotFound, Conflict."""
    require(by, Role.OPERATOR)
    do, action = ACTS[verb]
    with transaction.atomic():
        do(job_id)
        audit.record(actor=str(by), action=action, subject=job_id, facts={})
    return "It is tried again now." if verb == RETRY else "It is not tried again."
