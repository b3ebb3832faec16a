"""The room of incidents, with who was paged, and the page behind the link in a message."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from golive.kernel.access.http import page, page_actor
from golive.kernel.access.roles import Role
from golive.kernel.problems import Problem
from golive.respond.incidents import operations as incident_operations
from golive.respond.incidents import queries as incidents
from golive.respond.paging import operations, queries


@require_GET
@page()
def list_incidents(request: HttpRequest) -> HttpResponseBase:
    """Show incidents, the open ones first."""
    before = request.GET.get("before", "")
    found = incidents.latest(before=int(before) if before.isdigit() else None)
    open_ones = incidents.open_incidents()
    return render(
        request, "respond/paging/incidents.html",
        {"open": open_ones, "closed": [one for one in found if not one.is_open]},
    )  # fmt: skip


@require_GET
@page()
def incident(request: HttpRequest, incident_id: str) -> HttpResponseBase:
    """Show one incident."""
    return _show(request, incident_id)


@require_POST
@page(Role.OPERATOR)
def act(request: HttpRequest, incident_id: str, verb: str) -> HttpResponseBase:
    """Acknowledge, mitigate, resolve, change the severity or add a note."""
    actor, words = page_actor(request), request.POST.get("text", "").strip()
    verbs: dict[str, Callable[[], object]] = {
        "ack": lambda: incident_operations.acknowledge(
            by=actor, incident=incident_id, via="control room"
        ),
        "mitigate": lambda: incident_operations.mitigate(
            by=actor, incident=incident_id, sentence=words or "Users are safe."
        ),
        "resolve": lambda: incident_operations.resolve(
            by=actor, incident=incident_id, sentence=words
        ),
        "note": lambda: incident_operations.note(by=actor, incident=incident_id, text=words),
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
        return render(
            request, "respond/paging/ack.html", {"problem": problem}, status=problem.status
        )
    context = {"incident": found, "person": view.person, "done": done}
    return render(request, "respond/paging/ack.html", context)


def _show(request: HttpRequest, incident_id: str, problem: Problem | None = None) -> HttpResponse:
    found = incidents.get(incident_id)
    context = {
        "incident": found,
        "timeline": incidents.timeline(found.id),
        "attempts": queries.attempts_of(found.id),
        "may_act": page_actor(request).role >= Role.OPERATOR,
        "problem": problem,
    }
    return render(
        request, "respond/paging/incident.html", context, status=problem.status if problem else 200
    )
