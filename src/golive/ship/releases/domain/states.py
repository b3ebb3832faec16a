"""The state machine as data: which arrows are lawful, and what each state means in plain words.

mission: SHIP-4, SHIP-5, SHIP-6.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where a release is."""

    QUEUED = "QUEUED"
    BUILT = "BUILT"
    GATED = "GATED"
    STAGED = "STAGED"
    VERIFIED = "VERIFIED"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    APPROVED = "APPROVED"
    BACKED_UP = "BACKED_UP"
    MIGRATED = "MIGRATED"
    BOOTED = "BOOTED"
    WARM = "WARM"
    STEP = "STEP"
    FULL = "FULL"
    WATCH_10M = "WATCH_10M"
    WATCH_1H = "WATCH_1H"
    WATCH_24H = "WATCH_24H"
    SETTLED = "SETTLED"
    PULLED = "PULLED"
    CONFIRMING = "CONFIRMING"
    HELD = "HELD"
    RESUMED = "RESUMED"
    ASKED = "ASKED"
    ROLLED_BACK = "ROLLED_BACK"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"
    CANCELLED = "CANCELLED"
    FAILED_BEFORE_TRAFFIC = "FAILED_BEFORE_TRAFFIC"


S = State
MAIN: Final = (
    S.QUEUED,
    S.BUILT,
    S.GATED,
    S.STAGED,
    S.VERIFIED,
    S.AWAITING_APPROVAL,
    S.APPROVED,
    S.BACKED_UP,
    S.MIGRATED,
    S.BOOTED,
    S.WARM,
    S.STEP,
    S.FULL,
    S.WATCH_10M,
    S.WATCH_1H,
    S.WATCH_24H,
    S.SETTLED,
)
BEFORE_TRAFFIC: Final = frozenset(MAIN[: MAIN.index(S.STEP)])
WATCHES: Final = (S.WATCH_10M, S.WATCH_1H, S.WATCH_24H)
UNDER_TRAFFIC: Final = frozenset({S.STEP, S.FULL, *WATCHES})
OUT_OF_TRAFFIC: Final = frozenset({S.PULLED, S.CONFIRMING, S.HELD})
CLOSED: Final = frozenset(
    {S.SETTLED, S.ROLLED_BACK, S.REJECTED, S.EXPIRED, S.SUPERSEDED, S.CANCELLED, S.FAILED_BEFORE_TRAFFIC}
)
SERVES_ALL: Final = frozenset({S.FULL, *WATCHES, S.SETTLED})
RETURNABLE: Final = frozenset({S.SUPERSEDED, S.SETTLED})

_SIDE: Final = frozenset({S.FAILED_BEFORE_TRAFFIC, S.CANCELLED, S.ASKED})
_UNTOUCHED: Final = _SIDE | {S.SUPERSEDED}  # nothing of production is changed yet: a newer one may take its place
_OUT: Final = frozenset({S.PULLED, S.ROLLED_BACK})
_ARROWS: dict[State, frozenset[State]] = {
    S.QUEUED: frozenset({S.BUILT}) | _UNTOUCHED,
    S.BUILT: frozenset({S.GATED}) | _UNTOUCHED,
    S.GATED: frozenset({S.STAGED}) | _UNTOUCHED,
    S.STAGED: frozenset({S.VERIFIED}) | _UNTOUCHED,
    S.VERIFIED: frozenset({S.AWAITING_APPROVAL, S.APPROVED}) | _UNTOUCHED,
    S.AWAITING_APPROVAL: frozenset({S.APPROVED, S.REJECTED, S.EXPIRED}) | _SIDE,
    S.APPROVED: frozenset({S.BACKED_UP}) | _UNTOUCHED,
    S.BACKED_UP: frozenset({S.MIGRATED}) | _SIDE,
    S.MIGRATED: frozenset({S.BOOTED}) | _SIDE,
    S.BOOTED: frozenset({S.WARM}) | _SIDE,
    S.WARM: frozenset({S.STEP, S.FULL}) | _SIDE,
    S.STEP: frozenset({S.STEP, S.FULL}) | _OUT,
    S.FULL: frozenset({S.WATCH_10M}) | _OUT,
    S.WATCH_10M: frozenset({S.WATCH_1H, S.SUPERSEDED}) | _OUT,
    S.WATCH_1H: frozenset({S.WATCH_24H, S.SUPERSEDED}) | _OUT,
    S.WATCH_24H: frozenset({S.SETTLED, S.SUPERSEDED}) | _OUT,
    S.PULLED: frozenset({S.CONFIRMING, S.HELD, S.RESUMED, S.ASKED, S.ROLLED_BACK}),
    S.CONFIRMING: frozenset({S.HELD, S.RESUMED, S.ASKED, S.ROLLED_BACK}),
    S.HELD: frozenset({S.RESUMED, S.ASKED, S.ROLLED_BACK}),
    S.RESUMED: frozenset({S.STEP, S.ROLLED_BACK, S.ASKED}),
    # From a question a release goes back to where it asked, or out.
    S.ASKED: BEFORE_TRAFFIC | {S.RESUMED, S.ROLLED_BACK, S.CANCELLED, S.FAILED_BEFORE_TRAFFIC},
    S.SETTLED: frozenset({S.ROLLED_BACK, S.WATCH_10M, S.SUPERSEDED}),
    S.SUPERSEDED: frozenset(WATCHES),
    S.ROLLED_BACK: frozenset(),
    S.REJECTED: frozenset(),
    S.EXPIRED: frozenset(),
    S.CANCELLED: frozenset(),
    S.FAILED_BEFORE_TRAFFIC: frozenset(),
}
ARROWS: Final = MappingProxyType(_ARROWS)

MEANING: Final = MappingProxyType(
    {
        S.QUEUED: "It waits to be built.",
        S.BUILT: "The artifact is built; the gates run on it now.",
        S.GATED: "Every gate passed; it goes to staging now.",
        S.STAGED: "It runs in staging and is verified there now.",
        S.VERIFIED: "Staging answers as it should.",
        S.AWAITING_APPROVAL: "It waits for people to approve it. Nothing is blocked meanwhile.",
        S.APPROVED: "It may go to production and does so as soon as its turn comes.",
        S.BACKED_UP: "Production's data is safe; the database is migrated now.",
        S.MIGRATED: "The database is ready; its processes start now.",
        S.BOOTED: "Its processes are ready; they are warmed up before users come.",
        S.WARM: "It is as fast as it gets; users come next.",
        S.STEP: "A share of the users is on it and its traffic is judged.",
        S.FULL: "All users are on it.",
        S.WATCH_10M: "All users are on it; the first minutes are watched and the old release stays warm.",
        S.WATCH_1H: "All users are on it; the first hour is watched and the old release stays warm.",
        S.WATCH_24H: "All users are on it; the first day is watched.",
        S.SETTLED: "The watch is over and nothing was found.",
        S.PULLED: "Users are back on the release before it. Nobody is blamed yet.",
        S.CONFIRMING: "Users are safe on the release before it while the cause is being decided.",
        S.HELD: "The release before it has the same trouble: no release is blamed. It waits for calm.",
        S.RESUMED: "It gets fresh processes and a small share again.",
        S.ASKED: "A person has to decide.",
        S.ROLLED_BACK: "It is out; the release before it serves.",
        S.REJECTED: "A person said no.",
        S.EXPIRED: "Nobody approved it in time.",
        S.SUPERSEDED: "A newer release took its place; what was found until then is kept.",
        S.CANCELLED: "It was stopped before any user saw it.",
        S.FAILED_BEFORE_TRAFFIC: "It failed before any user saw it.",
    }
)


class UnlawfulArrow(ValueError):  # noqa: N818  named after what it is
    """The state machine has no such arrow: a fault of the program, never of its user."""


def check_arrow(source: State, target: State, *, served: bool = True) -> None:
    """Raise UnlawfulArrow unless `source -> target` is an arrow; what has never `served` does not come back to users."""
    if target not in ARROWS[source] or (source == State.SUPERSEDED and not served):
        raise UnlawfulArrow(f"{source} -> {target} is not lawful")
