"""Reading evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from golive.ship.evidence.domain import sentence
from golive.ship.evidence.models import Evidence


@dataclass(frozen=True)
class EvidenceView:
    """What was found about a release; the lists hold JSON objects, the weightiest first."""

    release: str
    gathered_at: datetime
    seconds: float
    sentence: str
    problem: str
    routes: list[dict[str, Any]]
    slower: list[dict[str, Any]]
    errors: list[dict[str, Any]]
    patterns: list[dict[str, Any]]
    commits: list[dict[str, Any]]
    trace_ids: list[str]
    new: dict[str, Any]
    old: dict[str, Any]


def of(release: str) -> EvidenceView | None:
    """Return the evidence of a release, None while there is none. `seconds` is from the pull to the evidence."""
    row = Evidence.objects.filter(pk=release).first()
    if row is None:
        return None
    body = row.body
    return EvidenceView(
        row.release,
        row.gathered_at,
        (row.gathered_at - row.pulled_at).total_seconds(),
        sentence(body) if body else row.problem,
        row.problem,
        body.get("statuses", []),
        body.get("slower", []),
        body.get("new_errors", []),
        body.get("new_patterns", []),
        row.commits,
        body.get("trace_ids", []),
        body.get("new", {}),
        body.get("old", {}),
    )
