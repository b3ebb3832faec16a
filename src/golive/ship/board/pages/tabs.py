"""What stands under the tabs of a release: what is new, gates, changes, approvals, the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from golive.kernel.problems import Problem
from golive.kernel.ui import words
from golive.kernel.ui.parts import Fact, Moment
from golive.ship.approvals.queries import ApprovalView
from golive.ship.artifacts import queries as artifacts
from golive.ship.board.ports import Told
from golive.ship.databases import queries as databases
from golive.ship.gates.domain import GateState
from golive.ship.gates.queries import GateRun
from golive.ship.releases.domain.record import Link
from golive.ship.releases.queries import ReleaseView

MOST_COMMITS = 50
GATE_MOOD = {
    GateState.PASS: "serving",
    GateState.FAIL: "broken",
    GateState.UNKNOWN: "unknown",
    GateState.RUNNING: "moving",
    GateState.SKIPPED: "unknown",
}
GATE_WORD = {
    GateState.PASS: "passed",
    GateState.FAIL: "failed",
    GateState.UNKNOWN: "unknown",
    GateState.RUNNING: "running",
    GateState.SKIPPED: "skipped",
}
QUIET = frozenset({"sentence", "by", "state"})


def gates(runs: Sequence[GateRun], now: datetime) -> list[dict[str, Any]]:
    """Rows of the gates."""
    rows = []
    for run in runs:
        kept = f"until {run.expires_at:%a %H:%M}" if run.expires_at and run.expires_at > now else ""
        proof = ", ".join(filter(None, ("reused" if run.reused else "", kept, run.summary)))
        rows.append(
            {
                "name": run.name,
                "command": run.command,
                "state": GATE_MOOD[run.state],
                "result": GATE_WORD[run.state],
                "why": run.why,
                "seconds": run.seconds,
                "proof": proof,
                "log": f"/gates/{run.id}",
            }
        )
    return rows


def gates_said(runs: Sequence[GateRun]) -> str:
    """`11 passed`, `1 failed`, `2 running`."""
    for state in (GateState.FAIL, GateState.UNKNOWN, GateState.RUNNING):
        count = sum(run.state is state for run in runs)
        if count:
            return f"{count} {GATE_WORD[state]}"
    return f"{len(runs)} passed" if runs else ""


def news_said(news: dict[str, Any] | None) -> str:
    """How many things are new, nothing when none is."""
    count = sum(len(news[kind]) for kind in ("statuses", "errors", "patterns", "slower")) if news else 0
    return str(count) if count else ""


def changes(release: ReleaseView, replaced: ReleaseView | None) -> dict[str, Any]:
    """Commits since the release before, what it is made of, and what a rollback does to the data."""
    try:
        between = artifacts.commits_between(release.service, replaced.revision, release.revision) if replaced else []
    except Problem:
        between = []
    commits = [{"revision": c.revision[:8], "subject": c.subject, "author": c.author} for c in between[:MOST_COMMITS]]
    facts = [
        Fact("Revision", release.revision, mono=True),
        Fact("Digest", release.digest or "not built yet", mono=True),
        Fact("Asked for by", release.requested_by),
        *([Fact("Committed", f"{release.committed_at:%a %d %b %Y, %H:%M} UTC")] if release.committed_at else []),
        *(
            [Fact("Commit to everyone", words.duration((release.full_at - release.committed_at).total_seconds()))]
            if release.full_at and release.committed_at
            else []
        ),
    ]
    means = "Nothing serves yet that one could go back to."
    if replaced:
        means = databases.what_rollback_means(release.service, release.environment, release.id, replaced.id)
    return {"commits": commits, "facts": facts, "database": means}


def approval(found: ApprovalView | None) -> dict[str, Any] | None:
    """Who said what, about which digest."""
    if found is None:
        return None
    given = found.needed - found.missing
    said = {
        "OPEN": f"{given} of {found.needed} approved so far.",
        "APPROVED": f"{given} of {found.needed} approved.",
        "REJECTED": "Rejected.",
        "EXPIRED": "Nobody approved in time.",
    }
    moments = [
        Moment(
            one.at,
            "approved" if one.approved else "rejected",
            one.comment,
            "serving" if one.approved else "broken",
            who=one.name or one.person,
        )
        for one in found.decisions
    ]
    return {
        "says": said.get(found.outcome, f"{given} of {found.needed} approved."),
        "moments": moments,
        "digest": found.digest,
        "created_at": found.created_at,
        "expires_at": found.expires_at,
    }


def approval_said(found: ApprovalView | None) -> str:
    """`1 of 2`, or nothing when none was needed."""
    return f"{found.needed - found.missing} of {found.needed}" if found else ""


def record(entries: Sequence[Link]) -> list[dict[str, Any]]:
    """Entries of the record, newest first."""
    return [
        {
            "seq": e.seq,
            "at": e.at,
            "says": _says(e),
            "figures": _figures(e.facts),
            "hash": e.hash,
        }
        for e in reversed(entries)
    ]


def _says(entry: Link) -> str:
    if entry.kind == "split":
        share = float(entry.facts.get("share") or 0.0)
        said = f"The edge sends it {words.percent(share) if share else 'none'} of the traffic."
        return said if entry.facts.get("confirmed", True) else f"{said} It has not confirmed that yet."
    return str(entry.facts.get("sentence") or entry.kind.replace("_", " ").replace("-", " ").capitalize())


def told(rows: Sequence[Told]) -> dict[str, Any]:
    """Who was told of the release, newest first; those whom no channel reaches are named once."""
    shown = [
        {
            "who": one.who,
            "about": one.about,
            "by": one.by,
            "at": one.at,
            "error": one.error,
            "state": "serving" if one.accepted_at else "broken" if one.given_up else "moving",
            "said": "taken" if one.accepted_at else "given up" if one.given_up else "on its way",
        }
        for one in reversed(rows)
        if one.by
    ]
    return {"rows": shown, "unreached": list(dict.fromkeys(one.who for one in rows if not one.by))}


def _figures(facts: dict[str, Any]) -> str:
    shown = [
        f"{name.replace('_', ' ')} {_short(value)}"
        for name, value in facts.items()
        if name not in QUIET and _plain(value)
    ]
    return ", ".join(shown[:8])


def _plain(value: Any) -> bool:
    return isinstance(value, int | float | bool) or (isinstance(value, str) and 0 < len(value) <= 60)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
