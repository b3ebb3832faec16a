"""The room of the audit log."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from golive.kernel.access.http import page
from golive.kernel.audit import queries
from golive.kernel.audit.chain import verify


@require_GET
@page()
def acts(request: HttpRequest) -> HttpResponseBase:
    """Show who did what, and whether the chain holds."""
    before = request.GET.get("before", "")
    entries = queries.latest(limit=100, before=int(before) if before.isdigit() else None)
    return render(request, "audit/acts.html", {"acts": entries, "verification": verify()})
