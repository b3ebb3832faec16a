"""What a release's state looks like and says: its title is the answer in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from golive.kernel.ui import words
from golive.kernel.ui.draw import State as Mood
from golive.ship.releases.domain.states import MAIN, SERVES_ALL, State
from golive.ship.releases.domain.work import PREPARED

S = State
MOOD: Final = MappingProxyType(
    {
        **dict.fromkeys(MAIN, "moving"),
        S.FULL: "serving",
        S.WATCH_10M: "serving",
        S.WATCH_1H: "serving",
        S.WATCH_24H: "serving",
        S.SETTLED: "serving",
        S.PULLED: "broken",
        S.CONFIRMING: "broken",
        S.HELD: "suspicious",
        S.RESUMED: "moving",
        S.ASKED: "suspicious",
        S.ROLLED_BACK: "broken",
        S.REJECTED: "unknown",
        S.EXPIRED: "unknown",
        S.SUPERSEDED: "unknown",
        S.CANCELLED: "unknown",
        S.FAILED_BEFORE_TRAFFIC: "broken",
    }
)
STATION: Final = MappingProxyType(
    {
        S.QUEUED: "Queued",
        S.BUILT: "Built",
        S.GATED: "Gated",
        S.STAGED: "Staged",
        S.VERIFIED: "Verified",
        S.AWAITING_APPROVAL: "Approval",
        S.APPROVED: "Approved",
        S.BACKED_UP: "Backup",
        S.MIGRATED: "Migrated",
        S.BOOTED: "Booted",
        S.WARM: "Warm",
        S.STEP: "Canary",
        S.FULL: "Full",
        S.WATCH_10M: "Watch",
        S.WATCH_1H: "Watch",
        S.WATCH_24H: "Watch",
        S.SETTLED: "Settled",
        S.PULLED: "Pulled",
        S.CONFIRMING: "Confirming",
        S.HELD: "Held",
        S.RESUMED: "Resumed",
        S.ASKED: "Asked",
        S.ROLLED_BACK: "Rolled back",
        S.REJECTED: "Rejected",
        S.EXPIRED: "Expired",
        S.SUPERSEDED: "Superseded",
        S.CANCELLED: "Cancelled",
        S.FAILED_BEFORE_TRAFFIC: "Failed",
    }
)
DETAIL: Final = MappingProxyType({S.WATCH_10M: "10 min", S.WATCH_1H: "1 hour", S.WATCH_24H: "24 h"})
READYING: Final = frozenset({S.APPROVED, S.BACKED_UP, S.MIGRATED, S.BOOTED, S.WARM})
FULLY: Final = SERVES_ALL - {S.SETTLED}


@dataclass(frozen=True)
class Standing:
    """What a title has to know: `old` is the version before, "" when there is none; `weight` the evidence, None unknown;
    `returned`: it serves again because a newer one was rolled back; `down`: it should serve and does not;
    `failing`: it serves, its requests fail, and golive does not go back from it.
    """

    state: State
    version: str
    old: str
    environment: str
    share: float = 0.0
    weight: float | None = None
    serves: bool = False
    first: bool = False
    returned: bool = False
    down: bool = False
    failing: bool = False


def mood(state: State, *, down: bool = False) -> Mood:
    """The look of a state."""
    return "broken" if down else MOOD[state]  # type: ignore[return-value]  # a literal of the five


def badge(standing: Standing) -> str:
    """The state in a word or two."""
    if standing.down:
        return "Down"
    if standing.failing:
        return "Requests fail"
    if standing.state == S.STEP:
        return f"Canary {words.percent(standing.share)}"
    if standing.state in FULLY:
        return "Serving"
    if standing.state == S.AWAITING_APPROVAL:
        return "Waits for approval"
    if standing.state == S.ASKED:
        return "Asks a person"
    if standing.state == S.FAILED_BEFORE_TRAFFIC:
        return "Failed before traffic"
    return STATION[standing.state]


def title(s: Standing) -> str:
    """The answer, in a sentence or two."""
    if s.down:
        return f"{s.version} is down in {s.environment}."
    if s.failing:
        return f"Requests fail. {s.version} serves {s.environment}, and golive does not go back from it by itself."
    if s.state in PREPARED:
        return f"{s.version} is being built and proved. Nobody sees it yet."
    if s.state in READYING:
        return f"{s.version} gets ready for {s.environment}. Nobody sees it yet."
    if s.state == S.STEP:
        return f"{s.version} serves {words.percent(s.share)} of {s.environment}. {_found(s.weight)}"
    if s.state in FULLY and s.returned:
        return f"{s.version} serves {s.environment} again."
    if s.state in FULLY:
        return (
            f"{s.version} serves {s.environment}. {_found(s.weight)}"
            if s.old
            else f"{s.version} serves {s.environment}."
        )
    said = {
        S.AWAITING_APPROVAL: f"{s.version} is ready for {s.environment}.",
        S.PULLED: f"{_old(s)} serves everyone again. {s.version} is pulled, nobody is blamed yet.",
        S.CONFIRMING: f"{_old(s)} serves everyone again. Is {s.version} to blame?",
        S.HELD: f"{_old(s)} has the same trouble. No release is blamed.",
        S.RESUMED: f"{s.version} comes back, with fresh processes and a small share.",
        S.ASKED: f"{s.version} needs a decision from you.",
        S.ROLLED_BACK: f"{s.version} is out. {_old(s)} serves.",
        S.REJECTED: f"{s.version} was rejected. {_old(s)} serves.",
        S.EXPIRED: f"Nobody approved {s.version} in time.",
        S.CANCELLED: f"{s.version} was stopped before anyone saw it.",
        S.SUPERSEDED: f"A newer release took the place of {s.version}.",
        S.FAILED_BEFORE_TRAFFIC: f"{s.version} failed before anyone saw it.",
        S.SETTLED: f"{s.version} serves {s.environment}."
        if s.serves
        else f"{s.version} served {s.environment} until a newer one came.",
    }
    return said[s.state]


def _found(weight: float | None) -> str:
    if weight is not None and weight >= 3:
        return "The evidence against it grows."
    return "No difference found yet."


def _old(s: Standing) -> str:
    return s.old or "The release before it"
