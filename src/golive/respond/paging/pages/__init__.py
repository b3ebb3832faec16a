"""The room of incidents, with who was paged, and the page behind the link in a message."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from golive.kernel import clock
from golive.kernel.access.http import page, page_actor
from golive.kernel.access.roles import Role
from golive.kernel.problems import Problem
from golive.kernel.ui import words
from golive.kernel.ui.parts import Empty
from golive.respond.incidents import operations as incident_operations
from golive.respond.incidents import queries as incidents
from golive.respond.incidents.queries import IncidentView
from golive.respond.paging import operations
from golive.respond.paging.pages import reading, sheet

PER_PAGE = 50
NONE_YET = Empty(
    "Nothing has broken",
    "When golive pulls a release, or asks a person, it opens an incident here, writes down what it did, and pages whoever is on call.",
    verb="Who is on call",
    path="/oncall",
)


@require_GET
@page()
def list_incidents(request: HttpRequest) -> HttpResponseBase:
    """Show incidents, the open ones first; `?before=` a number."""
    before = request.GET.get("before", "")
    found = incidents.latest(limit=PER_PAGE, before=int(before) if before.isdecimal() and len(before) < 10 else None)
    open_ones = incidents.open_incidents()
    rows = [*([] if before else open_ones), *(one for one in found if not one.is_open)]
    context = {
        "title": _title(len(open_ones)) if rows else "No incident yet.",
        "rows": [_row(one) for one in rows],
        "older": f"?before={found[-1].number}" if len(found) == PER_PAGE else "",
        "empty": NONE_YET,
    }
    return render(request, "respond/paging/incidents.html", context)


def _title(count: int) -> str:
    if count == 0:
        return "No incident is open."
    return "One incident is open." if count == 1 else f"{count} incidents are open."


def _row(one: IncidentView) -> dict[str, Any]:
    ended = one.mitigated_at or one.resolved_at
    return {
        "path": f"/incidents/{one.id}",
        "number": f"#{one.number}",
        "state": sheet.MOODS[one.state],
        "moving": one.is_open,
        "state_word": sheet.WORDS[one.state],
        "severity": one.severity,
        "title": one.title,
        "detail": one.sentence,
        "lead": one.acknowledged_by,
        "opened_at": one.opened_at,
        "lasted": words.duration(ended - one.opened_at) if ended else "",
    }


@require_GET
@page()
def incident(request: HttpRequest, incident_id: str) -> HttpResponseBase:
    """Show one incident."""
    return _show(request, incident_id)


@require_POST
@page(Role.OPERATOR)
def act(request: HttpRequest, incident_id: str, verb: str) -> HttpResponseBase:
    """Acknowledge, mitigate, resolve, change the severity or add a note."""
    actor, said = page_actor(request), request.POST.get("text", "").strip()
    verbs: dict[str, Callable[[], object]] = {
        "ack": lambda: incident_operations.acknowledge(by=actor, incident=incident_id, via="control room"),
        "mitigate": lambda: incident_operations.mitigate(
            by=actor, incident=incident_id, sentence=said or "Users are safe."
        ),
        "resolve": lambda: incident_operations.resolve(by=actor, incident=incident_id, sentence=said),
        "note": lambda: incident_operations.note(by=actor, incident=incident_id, text=said),
        "severity": lambda: incident_operations.set_severity(
            by=actor, incident=incident_id, severity=request.POST.get("severity", "")
        ),
    }
    if verb not in verbs:
        return HttpResponse(status=404)
    try:
        verbs[verb]()
    except Problem as problem:
        return _show(request, incident_id, problem)
    return redirect(f"/incidents/{incident_id}")


@never_cache
@csrf_exempt  # the signed link is the credential; a phone's mail view may keep no cookies
@require_http_methods(["GET", "POST"])
def acknowledge(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button and changes nothing, since mail scanners open links; POST acknowledges."""
    try:
        if request.method == "POST":
            view, done = operations.acknowledge_by_link(token), True
        else:
            view, done = operations.read_link(token), False
        found = incidents.get(view.incident)
    except Problem as problem:
        return render(request, "respond/paging/ack.html", {"problem": problem}, status=problem.status)
    context = {"incident": found, "person": view.person, "done": done}
    return render(request, "respond/paging/ack.html", context)


def _show(request: HttpRequest, incident_id: str, problem: Problem | None = None) -> HttpResponse:
    now = clock.now()
    known = reading.read(incident_id, now, may_act=page_actor(request).role >= Role.OPERATOR)
    context = {"incident": sheet.sheet(known), "now": now, "problem": problem}
    return render(request, "respond/paging/incident.html", context, status=problem.status if problem else 200)
