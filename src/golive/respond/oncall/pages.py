"""The room of the on-call list."""

from collections.abc import Sequence
from datetime import timedelta

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from golive.kernel.access import queries as access
from golive.kernel.access.http import page, page_actor
from golive.kernel.access.roles import Role
from golive.kernel.problems import Invalid, Problem
from golive.respond.channels import queries as channels
from golive.respond.oncall import operations, queries


@require_GET
@page()
def oncall(request: HttpRequest) -> HttpResponseBase:
    """Show who is on call and how they are reached."""
    return render(request, "respond/oncall/oncall.html", _context(request))


@require_POST
@page(Role.OPERATOR)
def set_list(request: HttpRequest) -> HttpResponseBase:
    """Set the list from the form: `level-<email>` is 0, 1 or 2; times in minutes."""
    levels = {name.removeprefix("level-"): value for name, value in request.POST.items() if name.startswith("level-")}
    try:
        operations.set_list(
            by=page_actor(request),
            level1=[email for email, level in levels.items() if level == "1"],
            level2=[email for email, level in levels.items() if level == "2"],
            escalate_after=_minutes(request.POST.get("escalate", "")),
            resend_after=_minutes(request.POST.get("resend", "")),
        )
    except Problem as problem:
        return _again(request, problem)
    return redirect("/oncall")


@require_POST
@page(Role.OPERATOR)
def set_contacts(request: HttpRequest) -> HttpResponseBase:
    """Set a person's contacts: `channel` and `address`, repeated in order; an empty channel is no contact."""
    pairs = zip(request.POST.getlist("channel"), request.POST.getlist("address"), strict=False)
    try:
        operations.set_contacts(
            by=page_actor(request),
            email=request.POST.get("email", ""),
            contacts=[pair for pair in pairs if pair[0]],
        )
    except Problem as problem:
        return _again(request, problem)
    return redirect("/oncall")


def _again(request: HttpRequest, problem: Problem) -> HttpResponseBase:
    context = _context(request) | {"problem": problem}
    return render(request, "respond/oncall/oncall.html", context, status=problem.status)


def _minutes(text: str) -> timedelta | None:
    if not text.strip():
        return None
    try:
        return timedelta(minutes=float(text))
    except (ValueError, OverflowError) as error:
        raise Invalid(f"“{text}” is no number of minutes.") from error


def _person(one: access.PersonRow, level: int, ways: Sequence[queries.ContactView]) -> dict[str, object]:
    reachable = any(way.usable for way in ways)
    return {"email": one.email, "name": one.name, "level": level, "contacts": ways, "reachable": reachable}


def _context(request: HttpRequest) -> dict[str, object]:
    now = queries.current()
    levels = {one.email: one.level for one in (*now.level1, *now.level2)}
    ways = queries.everyones_contacts()
    people = [_person(one, levels.get(one.email, 0), ways.get(one.email, ())) for one in access.people() if one.active]
    return {
        "now_on_call": now,
        "people": people,
        "channels": channels.channels(),
        "may_change": page_actor(request).role >= Role.OPERATOR,
        "escalate_minutes": now.escalate_after.total_seconds() / 60,
        "resend_minutes": now.resend_after.total_seconds() / 60,
    }
