"""What is new in a release, as tables with examples: for its own page and for the incident it caused."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from golive.kernel.ui import words
from golive.kernel.ui.draw import State
from golive.kernel.ui.parts import Pattern
from golive.watch.telemetry.domain import ERROR, WARN, pieces

if TYPE_CHECKING:
    from golive.ship.evidence.queries import EvidenceView


def evidence_tables(found: EvidenceView) -> dict[str, Any] | None:
    """Return the evidence as tables, None when there is nothing in it."""
    if not (found.routes or found.slower or found.errors or found.patterns):
        return None
    return {
        "sentence": found.sentence,
        "problem": found.problem,
        "statuses": [_shift(row) for row in found.routes],
        "errors": [_error(row) for row in found.errors],
        "patterns": [_pattern(row) for row in found.patterns],
        "slower": [_slower(row) for row in found.slower],
    }


def _shift(row: dict[str, Any]) -> dict[str, Any]:
    status = int(row["status"])
    rescued = int(row.get("rescued", 0))
    worse = row["weight"] > 0 and (status >= 400 or status == 0)
    return {
        "route": row["route"],
        "status": str(status or "none"),
        "state": "broken" if worse else "unknown",
        "new": f"{words.count(row['new_count'])} of {words.count(row['new_requests'])}",
        "old": f"{words.count(row['old_count'])} of {words.count(row['old_requests'])}",
        "unseen": f"{words.count(rescued)} that no user saw: another try answered" if rescued else "",
        "traces": [f"/explore/traces/{trace}" for trace in row.get("trace_ids", [])[:3]],
    }


def _error(row: dict[str, Any]) -> dict[str, Any]:
    trace = row.get("trace_id", "")
    return {
        "kind": row["kind"],
        "message": row["message"],
        "count": row["count"],
        "first_seen": _moment(row["first_seen"]),
        "seen_before": row.get("seen_before", ""),
        "routes": ", ".join(row.get("routes", [])[:3]),
        "stack": words.traceback(row.get("stack", "")),
        "trace": f"/explore/traces/{trace}" if trace else "",
    }


def _pattern(row: dict[str, Any]) -> Pattern:
    severity = int(row.get("severity_number", 0))
    state: State = "broken" if severity >= ERROR else "suspicious" if severity >= WARN else "moving"
    before = row.get("seen_before")
    since = f"seen before in {before}" if before else "new"
    return Pattern(int(row["count"]), pieces(str(row["template"])), since, state)


def _slower(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "route": row["route"],
        "new": words.milliseconds(row["new_p95_ms"]),
        "old": words.milliseconds(row["old_p95_ms"]),
        "requests": words.count(row["new_requests"]),
    }


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
