"""The faces of the audit log. They stand here since access itself writes to the log and so may not be asked from within it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET
from ninja import Router, Schema
from ninja.params.functions import Query

from golive.kernel.access.http import page
from golive.kernel.audit import queries
from golive.kernel.audit.chain import verify

router = Router(tags=["audit"])


class ActOut(Schema):
    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    facts: dict[str, Any]


class VerificationOut(Schema):
    holds: bool
    entries: int
    head: str
    broken_at: int | None
    sentence: str


@router.get("/audit", response=list[ActOut])
def list_acts(
    request: HttpRequest,  # noqa: ARG001
    limit: int = Query(100, ge=1, le=1000),
    before: int | None = None,
    subject: str = "",
) -> list[queries.Act]:
    """The newest acts, newest first."""
    return queries.latest(limit=limit, before=before, subject=subject)


@router.get("/audit/verify", response=VerificationOut)
def verify_chain(request: HttpRequest) -> VerificationOut:  # noqa: ARG001
    """Walk the whole hash chain."""
    found = verify()
    sentence = (
        f"The chain of {found.entries} entries holds; its head is {found.head[:16]}…"
        if found.holds
        else f"The chain is broken at entry {found.broken_at}, after {found.entries} that hold."
    )
    return VerificationOut(
        holds=found.holds,
        entries=found.entries,
        head=found.head,
        broken_at=found.broken_at,
        sentence=sentence,
    )


@require_GET
@page()
def acts(request: HttpRequest) -> HttpResponseBase:
    """Show who did what, and whether the chain holds."""
    before = request.GET.get("before", "")
    entries = queries.latest(limit=100, before=int(before) if before.isdecimal() and len(before) < 19 else None)
    return render(request, "audit/acts.html", {"acts": entries, "verification": verify()})
