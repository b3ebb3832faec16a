"""Evidence in plain words."""

from typing import Any


def sentence(body: dict[str, Any]) -> str:
    """Say the weightiest difference: a new error, else a route that fails more, else one that got slower."""
    if body.get("new_errors"):
        error = body["new_errors"][0]
        before = error.get("seen_before")
        name = f"Error {error['kind']} is back, seen before in {before}" if before else f"New error {error['kind']}"
        return f"{name}: {_short(error['message'])} ({_times(error['count'])})."
    shift = next((s for s in body.get("statuses", ()) if s["weight"] > 0 and not 0 < s["status"] < 400), None)
    if shift:
        what = f"status {shift['status']}" if shift["status"] else "no answer"
        return (
            f"{shift['route']} gives {what} in {shift['new_count']} of {shift['new_requests']} requests, "
            f"before in {shift['old_count']} of {shift['old_requests']}.{_unseen(shift)}"
        )
    if body.get("slower"):
        slow = body["slower"][0]
        return f"{slow['route']} takes {slow['new_p95_ms']:.0f} ms (p95), before {slow['old_p95_ms']:.0f} ms."
    if body.get("new_patterns"):
        pattern = body["new_patterns"][0]
        before = pattern.get("seen_before")
        name = f"Back in the logs, seen before in {before}" if before else "New in the logs"
        return f'{name}, {_times(pattern["count"])}: "{_short(pattern["template"])}".'
    return "The rows of both releases do not differ; what was pulled shows only in the edge's log."


def _unseen(shift: dict[str, Any]) -> str:
    rescued = shift.get("rescued", 0)
    if not rescued:
        return ""
    whom = "No user saw that" if rescued == shift["new_count"] else f"{rescued} of them no user saw"
    return f" {whom}: another try answered."


def _short(text: str) -> str:
    first = " ".join(text.split())
    return first if len(first) <= 120 else f"{first[:119]}…"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
