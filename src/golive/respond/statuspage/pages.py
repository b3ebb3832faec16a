"""The control room's view of the status page."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from golive.kernel.access.http import page, page_actor
from golive.kernel.access.roles import Role
from golive.respond.statuspage import operations, queries


@require_GET
@page()
def statuspage(request: HttpRequest) -> HttpResponseBase:
    """Show what the public sees, and the words that may be changed."""
    context = {
        "status": queries.status(),
        "port": queries.port(),
        "public": f"http://{request.get_host().partition(':')[0]}:{queries.port()}/",
        "may_act": page_actor(request).role >= Role.OPERATOR,
    }
    return render(request, "respond/statuspage/statuspage.html", context)


@require_POST
@page(Role.OPERATOR)
def word(request: HttpRequest, update_id: int) -> HttpResponseBase:
    """Word an update."""
    operations.word(by=page_actor(request), update_id=update_id, words=request.POST.get("words", ""))
    return redirect("/statuspage")
