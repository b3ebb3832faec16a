"""What an app wrote outside of what it keeps: it goes with its release, so the owner hears of it while it is there."""

from typing import Any, Final

from golive.ship.releases.workflows.turn import Turn

SHOWN: Final = 5
KEPT: Final = 50


def written_elsewhere(turn: Turn, environment: str) -> tuple[str, dict[str, Any]]:
    """Return what to say about it, and its facts; both are empty where there is nothing to say."""
    files = turn.target.written_elsewhere(turn.release.pk, environment)
    if not files:
        return "", {}
    more = len(files) - SHOWN
    named = ", ".join(files[:SHOWN]) + (f" and {more} more" if more > 0 else "")
    sentence = f"What it wrote in {environment} outside of `keep` is lost with it: {named}."
    return sentence, {"elsewhere": {"environment": environment, "count": len(files), "files": list(files[:KEPT])}}
