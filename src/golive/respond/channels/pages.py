"""The room of channels."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from golive.kernel.access.http import page, page_actor
from golive.kernel.access.roles import Role
from golive.kernel.problems import Problem
from golive.kernel.ui.parts import Act, Consequence
from golive.respond.channels import operations, queries


@require_GET
@page()
def channels(request: HttpRequest) -> HttpResponseBase:
    """Show the channels and the form of the chosen kind (`?kind=`)."""
    return render(request, "respond/channels/channels.html", _context(request, request.GET.get("kind", "")))


@require_POST
@page(Role.ADMIN)
def add(request: HttpRequest) -> HttpResponseBase:
    """Add a channel from the form; its settings are the fields `setting-<name>`."""
    kind = request.POST.get("kind", "")
    given = {
        name.removeprefix("setting-"): str(value) for name, value in request.POST.items() if name.startswith("setting-")
    }
    try:
        operations.add(by=page_actor(request), name=request.POST.get("name", ""), kind=kind, settings=given)
    except Problem as problem:
        context = _context(request, kind) | {"problem": problem}
        return render(request, "respond/channels/channels.html", context, status=problem.status)
    return redirect("/channels")


@require_POST
@page(Role.OPERATOR)
def test(request: HttpRequest, channel_id: str) -> HttpResponseBase:
    """Fire a test and say what came of it."""
    actor = page_actor(request)
    try:
        operations.fire_test(by=actor, channel=channel_id, to=request.POST.get("to", "") or actor.email)
    except Problem as problem:
        messages.add_message(request, messages.ERROR, problem.detail, extra_tags="broken")
    else:
        messages.add_message(request, messages.SUCCESS, "The provider took the test message.")
    return redirect("/channels")


@require_POST
@page(Role.ADMIN)
def switch(request: HttpRequest, channel_id: str) -> HttpResponseBase:
    """Switch a channel on or off."""
    operations.change(by=page_actor(request), channel=channel_id, is_on=request.POST.get("on") == "1")
    return redirect("/channels")


@require_POST
@page(Role.ADMIN)
def remove(request: HttpRequest, channel_id: str) -> HttpResponseBase:
    """Remove a channel."""
    operations.remove(by=page_actor(request), channel=channel_id)
    return redirect("/channels")


def _removal(one: queries.ChannelView) -> Act:
    return Act(
        f"remove-{one.id}",
        "Remove",
        f"/channels/{one.id}/remove",
        danger=True,
        question=f"Remove {one.name}?",
        says="Its settings and secrets are deleted. To stop it for a while, switch it off instead.",
        consequences=(Consequence("Who is reached by it", "hears nothing by it any more"),),
        keep="Keep it",
    )


def _context(request: HttpRequest, kind: str) -> dict[str, object]:
    kinds = queries.kinds()
    known = queries.channels()
    may_remove = page_actor(request).role == Role.ADMIN
    return {
        "rows": [(one, [_removal(one)] if may_remove else []) for one in known],
        "usable": sum(one.is_on and not one.test_error for one in known),
        "removals": [_removal(one) for one in known] if may_remove else [],
        "unmailed": bool(known) and queries.mail() is None,
        "kinds": kinds,
        "chosen": next((one for one in kinds if one.name == kind), None),
        "is_admin": page_actor(request).role == Role.ADMIN,
    }
