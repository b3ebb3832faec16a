"""What people read: one plain sentence per decision."""

from __future__ import annotations

from typing import Final

from golive.ship.judge.domain.confirmation import Confirmation
from golive.ship.judge.domain.status_mix import CATEGORIES

KINDS: Final = {
    "errors": "requests fail more often on the new release",
    "p90": "the new release answers more slowly",
    "p99": "the slowest answers of the new release are slower",
    "slo": "the new release misses the latency objective more often",
    "mix": "the new release answers with other status codes",
}
FAMILIES: Final = {
    "errors": "failing requests",
    "slow": "slow answers",
    "mix": "unexpected status codes",
}
FAULTS: Final = {
    "crash_loop": "The new release crashes again and again.",
    "readiness_lost": "No replica of the new release is ready.",
    "database_connection": "The new release cannot reach its database.",
    "unanswered": "The new release does not answer, while the old one does.",
    "errors_5min": "Too many requests have failed on the new release for 5 minutes.",
    "p95_1000ms_10min": "The new release's p95 has been above 1000 ms for 10 minutes.",
}
BLAMES: Final = {
    "fault_stays": "A fresh process of the new release has the same fault, the old release does not.",
    "hangs_again": "Fresh processes of the new release do not answer either, while the old release does.",
    "recovered_on_old": "The visitors who had trouble on the new release have none on the old one.",
    "probes_fail_on_new": "The owner's probes fail on the new release and not on the old one.",
    "back_after_resume": "The same trouble was back from the first second after the release was given traffic again.",
}
QUESTIONS: Final = {
    "unit": "Does the new release fail more requests?",
    "client": "Do more visitors see a failure on the new release?",
    "routes": "Does one route fail more on the new release?",
    "new_routes": "Do routes fail that the old release did not have?",
    "absolute": "Does the new release fail more than this service usually does?",
    "abs_routes": "Does one route fail more than it usually does?",
    "p90": "Is the new release slower in general?",
    "p99": "Are the slowest answers slower?",
    "slo": "Do more answers miss the latency objective than on the old release?",
    "abs_slo": "Do more answers miss the latency objective than usual?",
    "abs_p90": "Is the new release slower than this service usually is?",
    "mix": "Does the new release answer with other status codes (redirects, 401, 404, other 4xx)?",
}


def percent(share: float) -> str:
    """0.0123 -> "1.2 %"."""
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"


def suspicion(case: Confirmation) -> str:
    """What a PULL says about evidence."""
    where = ""
    routes = list(case.routes)
    if case.kind in ("errors", "mix") and 0 < len(routes) <= 3:
        where = " on " + ", ".join(routes)
    what = KINDS[case.kind]
    if case.kind == "mix":
        what = f"the new release answers more often with {CATEGORIES[case.what]}"
    return f"Users are back on the old release: {what}{where}. Nobody is blamed yet."


def hidden(visitors: int | None, slow: float | None, routes: dict[str, int]) -> str:
    """What stays hidden at this traffic: rare visitors, thin tails, rare routes."""
    parts = []
    if visitors is None:
        parts.append("whether single visitors have trouble")
    elif visitors <= 100:
        parts.append(f"whether fewer than one visitor in {max(visitors, 2)} has trouble")
    if slow is None:
        parts.append("whether some answers have become slow")
    elif slow > 0.01:
        parts.append(f"whether less than {percent(slow)} of the answers have become slow")
    if routes:
        few = ", ".join(f"{route} ({n} requests)" for route, n in routes.items())
        parts.append(f"whether these work: {few}")
    if not parts:
        return ""
    *rest, last = parts
    return f"It cannot be known at this traffic {', '.join(rest) + ' or ' if rest else ''}{last}."


def undetectable(share: float | None, units: int, percent_new: str) -> str:
    """What could not have been known."""
    if share is None:
        return (
            f"It cannot be known at this traffic whether the release is good: only {units} requests reached it "
            f"at {percent_new} of the traffic."
        )
    return (
        f"At this traffic ({units} requests at {percent_new}) only a fault that fails at least {percent(share)} "
        "of the requests would have been seen."
    )
