"""The steps of a release through its traffic, from what its owner wrote and what is known at the switch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

SLOW_TRAFFIC: Final = 5.0  # requests/s below which a small share proves nothing in reasonable time
SLOW_START: Final = 0.5
ANOTHER_TRY: Final = 0.2


@dataclass(frozen=True)
class Step:
    """`share` (0..1] of the users for `at_least` to `at_most` seconds."""

    share: float
    at_least: float
    at_most: float

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share {self.share} is not in (0, 1]")
        if not 0 <= self.at_least <= self.at_most:
            raise ValueError(f"at_least {self.at_least} s is above at_most {self.at_most} s")


def percent(share: float) -> str:
    """Return a share as sentences say it: in whole percents and plain text, for mails and terminals too."""
    return f"{100 * share:.0f} %"


def held_back(share: float, before: str) -> str:
    """Return who stays on the release `before` while `share` of the users are on the new one."""
    return f"{percent(1 - share)} stay on {before} for comparison during the first hour"


DEFAULT: Final = (Step(0.1, 120, 600), Step(0.5, 120, 600))


def partial_steps(
    steps: Sequence[Step],
    *,
    first: bool,
    blue_green: bool,
    rate: float | None,
    owners: bool,
    quiet: bool = False,
) -> tuple[Step, ...]:
    """Return the steps below 100 %, in growing order; none when everyone moves at once.

    `first`: nothing serves yet. `rate`: requests/s of the old release, None when unknown. `owners`: the owner wrote
    these steps, so low traffic does not change them. `quiet`: nobody used the old release lately; a canary would wait
    for visitors who do not come and learn nothing.
    """
    if first or blue_green or (quiet and not owners):
        return ()
    partial = tuple(step for step in steps if step.share < 1)
    if owners or rate is None or rate >= SLOW_TRAFFIC:
        return partial
    return tuple(step for step in partial if step.share >= SLOW_START)


def full_share(*, hold_back: float, control: bool) -> float:
    """Return the share at FULL: all but the hold-back while a control exists."""
    return 1.0 - hold_back if control else 1.0


def steps_again(steps: Sequence[Step], *, cleared: bool = False) -> tuple[Step, ...]:
    """Return the steps of a release that comes back after it was pulled: its own, behind one of at most a fifth.

    The fewer users, the more each failure weighs against the control, and the longer the few failures take that tell
    a bug from a burst of hiccups. `cleared`: the trouble was not the release's, so it just goes on.
    """
    first = steps[0] if steps else DEFAULT[0]
    if cleared or first.share <= ANOTHER_TRY:
        return tuple(steps) or DEFAULT
    return (replace(first, share=ANOTHER_TRY), *steps)
