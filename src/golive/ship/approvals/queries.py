"""Reading approvals."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from golive.ship.approvals.models import Request


@dataclass(frozen=True)
class DecisionView:
    """One person's word."""

    person: str
    name: str
    approved: bool
    comment: str
    at: datetime


@dataclass(frozen=True)
class ApprovalView:
    """A request with what was decided so far; `missing` is how many more people have to approve."""

    id: str
    subject: str
    digest: str
    evidence: dict[str, Any]
    needed: int
    missing: int
    authors: tuple[str, ...]
    outcome: str
    created_at: datetime
    expires_at: datetime
    decisions: tuple[DecisionView, ...]


def latest(subject: str) -> ApprovalView | None:
    """Return the newest request about a release, None when none was needed."""
    row = Request.objects.filter(subject=subject).order_by("-created_at").first()
    return view(row) if row else None


def waiting(*, limit: int = 100) -> list[ApprovalView]:
    """Return the open requests, the most urgent first."""
    return [view(row) for row in Request.objects.filter(outcome="OPEN").order_by("expires_at")[:limit]]


def view(row: Request) -> ApprovalView:
    """Return a row as others see it."""
    decisions = tuple(
        DecisionView(one.person, one.name, one.approved, one.comment, one.at) for one in row.decisions.all()
    )
    yes = sum(one.approved for one in decisions)
    return ApprovalView(
        row.pk,
        row.subject,
        row.digest,
        row.evidence,
        row.needed,
        max(row.needed - yes, 0),
        tuple(row.authors),
        row.outcome,
        row.created_at,
        row.expires_at,
        decisions,
    )
