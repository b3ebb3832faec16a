"""The list of releases, the page of one, its gates' output, and the verbs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from golive.kernel import clock
from golive.kernel.access.http import page, page_actor
from golive.kernel.access.roles import Role
from golive.kernel.ports import the
from golive.kernel.problems import NotFound, Problem
from golive.kernel.ui import words
from golive.kernel.ui.parts import Chip, Empty
from golive.ship.board.domain import deploys, evidence_tables, rivers, wording
from golive.ship.board.domain.sheet import TABS, Entered, Facts, Sheet, sheet
from golive.ship.board.domain.wording import Standing
from golive.ship.board.pages import tabs, verbs
from golive.ship.board.ports import Listeners
from golive.ship.evidence import queries as evidence
from golive.ship.gates import queries as gates
from golive.ship.gates.domain import GateState
from golive.ship.releases import operations, queries
from golive.ship.releases.domain.states import OUT_OF_TRAFFIC, UNDER_TRAFFIC, State
from golive.ship.releases.domain.verbs import Verb
from golive.ship.releases.queries import ReleasePage, ReleaseView

PER_PAGE = 50
FIRST = Empty(
    "No release yet",
    "In the repository of a web app on this machine, these two commands write a golive.toml of a few lines and ship it.",
    "golive init && golive deploy",
)
DONE = {
    Verb.APPROVE: "Approved.",
    Verb.REJECT: "Rejected.",
    Verb.PULL: "Pulled: its visitors are back on the release before.",
    Verb.HOLD: "Held. The judge goes on watching.",
    Verb.PROMOTE: "On to the next step.",
    Verb.RESUME: "Going on.",
    Verb.CANCEL: "Stopped.",
    Verb.ROLLBACK: "Going back.",
    Verb.HAPPENED: "Noted; going on.",
    Verb.AGAIN: "Noted; it runs again.",
}
SLOW = "Asked. golive's engine has this release in hand and has not done it yet; it does so as soon as it can."


@require_GET
@page()
def releases(request: HttpRequest) -> HttpResponseBase:
    """List releases, newest first; `?service=`, `?before=` (ISO 8601)."""
    service = request.GET.get("service", "")[:40]
    found = queries.releases(service=service, limit=PER_PAGE, before=_moment(request.GET.get("before", "")))
    moving = sum(one.open and State(one.state) not in wording.FULLY for one in found)
    older = ""
    if len(found) == PER_PAGE:
        older = "?" + urlencode(
            {
                "before": found[-1].created_at.isoformat(),
                **({"service": service} if service else {}),
            }
        )
    context = {
        "title": _moving(moving) if found else "Nothing has been shipped yet.",
        "rows": [_row(one) for one in found],
        "chips": [Chip("service", service, "/releases")] if service else [],
        "older": older,
        "empty": FIRST,
    }
    return render(request, "board/releases.html", context)


def _moving(count: int) -> str:
    return (
        "One release is moving."
        if count == 1
        else f"{count} releases are moving."
        if count
        else "No release is moving."
    )


def _row(one: ReleaseView) -> dict[str, Any]:
    state = State(one.state)
    down = bool(one.down)
    standing = Standing(
        state, one.version, "", one.environment, one.share, serves=one.serving, down=down, failing=one.failing
    )
    seen = one.open or one.serving or state is not State.SETTLED
    return {
        "id": one.id,
        "service": one.service,
        "version": one.version,
        "revision": one.revision[:8],
        "subject": one.subject,
        "state": wording.mood(state, down=down or one.failing) if seen else "unknown",
        "moving": one.open,
        "badge": wording.badge(standing),
        "share": words.percent(one.share) if one.share else words.UNKNOWN,
        "sentence": one.down or one.sentence,
        "by": one.author or one.requested_by,
        "created_at": one.created_at,
    }


@require_GET
@page()
def release(request: HttpRequest, release_id: str) -> HttpResponseBase:
    """Show one release; `?tab=` new, gates, changes, approvals or record."""
    found = queries.page(release_id)
    tab = request.GET.get("tab", "new")
    tab = tab if tab in dict(TABS) else "new"
    return render(request, "board/release.html", _context(request, found, tab))


def _context(request: HttpRequest, found: ReleasePage, tab: str) -> dict[str, Any]:
    one, now = found.release, clock.now()
    runs, gathered = gates.runs(one.id), evidence.of(one.id)
    news = evidence_tables(gathered) if gathered else None
    shown = _sheet(
        request,
        found,
        now,
        tab,
        tabs.gates_said(runs),
        news,
    )
    body: dict[str, Callable[[], Any]] = {
        "new": lambda: {"news": news},
        "gates": lambda: {"gates": tabs.gates(runs, now)},
        "changes": lambda: {"changes": tabs.changes(one, found.replaced)},
        "approvals": lambda: {"approval": tabs.approval(found.approval)},
        "record": lambda: {
            "record": tabs.record(queries.record(one.id)),
            "chain": queries.check_record(one.id),
            "told": tabs.told(the(Listeners).told(one.id)),
        },
    }
    return {"sheet": shown, "now": now, **body[tab]()}


def _sheet(
    request: HttpRequest,
    found: ReleasePage,
    now: datetime,
    tab: str,
    gates_said: str,
    news: dict[str, Any] | None,
) -> Sheet:
    one = found.release
    old = found.replaced.version if found.replaced else ""
    explained = queries.explain(one.id)
    beside = queries.releases(service=one.service, limit=PER_PAGE)
    approvals, incident = found.approval, the(Listeners).incident(one.id)
    scene = verbs.Scene(
        one,
        old,
        page_actor(request),
        _plan(one),
        approvals.authors if approvals else (),
        gates_said,
    )
    facts = Facts(
        release=one,
        old=old,
        now=now,
        tab=tab,
        entered=[Entered(State(s.state), s.at, s.share) for s in found.rail if s.at],
        acts=verbs.acts(scene),
        serves=one.serving,
        explanation=explained,
        explained_at=_explained_at(found, now),
        rivers=rivers(beside, now),
        marks=deploys(beside),
        incident=f"/incidents/{incident}" if incident else "",
        cause=news["sentence"] if news else "",
        counts={"new": tabs.news_said(news), "gates": gates_said, "approvals": tabs.approval_said(approvals)},
        explore=f"/explore?site={one.service}/{one.environment}&release={one.id}",
    )
    return sheet(facts)


def _explained_at(found: ReleasePage, now: datetime) -> float:
    """The moment of the explanation: the live session's, else the last decision's."""
    live = queries.explained_at(found.release.id)
    if live:
        return live.timestamp()
    if found.verdicts:
        return found.verdicts[-1].at.timestamp()
    return (found.release.closed_at or now).timestamp()


def _plan(one: ReleaseView) -> operations.RollbackPlan | None:
    if State(one.state) not in UNDER_TRAFFIC | OUT_OF_TRAFFIC | {
        State.ASKED,
        State.SETTLED,
        State.RESUMED,
    }:
        return None
    try:
        plan = operations.plan_rollback(service=one.service, environment=one.environment)
    except Problem:
        return None
    return plan if plan.present == one.id else None


@require_GET
@page()
def evidence_of(request: HttpRequest, release_id: str) -> HttpResponseBase:  # noqa: ARG001
    """Lead to what is new in a release; messages link here."""
    return redirect(f"/releases/{release_id}?tab=new#about")


@require_POST
@page()
def act(request: HttpRequest, release_id: str, verb: str) -> HttpResponseBase:
    """Carry out a verb, say what came of it, go back to the page."""
    if verb not in set(Verb):
        raise NotFound(f"There is no verb {verb[:20]!r}.")
    try:
        _carry_out(request, release_id, Verb(verb))
    except Problem as problem:
        said = f"{problem.title}. {problem.detail} {problem.hint}".strip()
        messages.add_message(request, messages.ERROR, said, extra_tags="broken")
    else:
        _say_done(request, release_id, Verb(verb))
    return redirect(f"/releases/{release_id}")


def _say_done(request: HttpRequest, release_id: str, verb: Verb) -> None:
    if verb is Verb.PULL and queries.release(release_id).state in UNDER_TRAFFIC:
        messages.add_message(request, messages.WARNING, SLOW, extra_tags="moving")
        return
    messages.add_message(request, messages.SUCCESS, DONE[verb], extra_tags="serving")


def _carry_out(request: HttpRequest, release_id: str, verb: Verb) -> None:
    by, comment = page_actor(request), request.POST.get("comment", "")[:2000]
    match verb:
        case Verb.APPROVE | Verb.REJECT:
            decide = operations.approve if verb is Verb.APPROVE else operations.reject
            decide(by=by, release=release_id, digest=request.POST.get("digest", ""), comment=comment)
        case Verb.ROLLBACK:
            one = queries.release(release_id)
            to = request.POST.get("to", "")[:40]
            operations.rollback(by=by, service=one.service, environment=one.environment, to=to)
        case Verb.HAPPENED | Verb.AGAIN:
            operations.settle(by=by, release=release_id, happened=verb is Verb.HAPPENED)
        case Verb.PULL:
            operations.pull(by=by, release=release_id, comment=comment)
        case Verb.HOLD:
            operations.hold(by=by, release=release_id, comment=comment)
        case Verb.PROMOTE:
            step = request.POST.get("step", "")
            seen = int(step) if step.isdecimal() and len(step) < 4 else None
            operations.promote(by=by, release=release_id, comment=comment, step=seen)
        case Verb.RESUME:
            operations.resume(by=by, release=release_id, comment=comment)
        case Verb.CANCEL:
            operations.cancel(by=by, release=release_id, comment=comment)


@require_GET
@page(Role.OPERATOR)
def gate(request: HttpRequest, run_id: str) -> HttpResponse:
    """Show what a gate printed, from `?from=` (bytes), else its end: there stands why it failed."""
    run = gates.run(run_id)
    asked = request.GET.get("from", "")
    begin = int(asked) if asked.isdecimal() and len(asked) < 16 else gates.last_piece(run_id)
    output = gates.log(run_id, begin)
    context = {
        "run": run,
        "state": tabs.GATE_MOOD[run.state],
        "result": tabs.GATE_WORD[run.state],
        "output": output,
        "earlier": "?from=0" if begin else "",
        "more": "" if output.complete or run.state is GateState.RUNNING else f"?from={output.next}",
        "now": clock.now(),
        "release": queries.release(run.release),
    }
    return render(request, "board/gate.html", context)


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
