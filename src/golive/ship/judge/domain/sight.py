"""What the edge's own counters say beside its log: requests that begin and are never heard of.

When the log is silent about everything, nothing can be judged: blindness. When it goes on telling of prompt answers of
the other release, the requests are not answered: that is heard of long before the edge gives them up.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.facts import Attempt

SILENT_FOR: Final = 12.0  # s; lines may be 10 s late
MOVED_BY: Final = 3
LONG: Final = 5.0  # s without an answer after which a request counts as unanswered
UNANSWERED: Final = 5
RARE: Final = 1e-6  # chance that so many requests at once are long ones, by what is usual


def answered(a: Attempt) -> bool | None:
    """Whether a request got an answer that is no failure; None when its client left too soon for anybody to know."""
    if a.left and a.status == 0:
        return None if a.ms < 1000 * LONG else False
    return 0 < a.status < 500


@checkpointed
@dataclass(slots=True)
class Wait:
    """Requests to a release that began after its last line; `marks` are (s, counter) of the last seconds."""

    since: float
    counter: float
    lines: int
    marks: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=32))

    def begun(self, t: float) -> float:
        """How many of them had begun by `t`."""
        return max((total for at, total in self.marks if at <= t), default=self.counter) - self.counter


@checkpointed
@dataclass(slots=True)
class Sight:
    """Per release: lines, how many told of a long wait or of none answered, and the newest moments.

    `newest` is of any line, `prompt` of an answer that came soon: only that shows a release at work.
    """

    lines: dict[str, int] = field(default_factory=dict)
    long: dict[str, int] = field(default_factory=dict)
    unanswered: dict[str, int] = field(default_factory=dict)
    newest: dict[str, float] = field(default_factory=dict)
    prompt: dict[str, float] = field(default_factory=dict)
    waits: dict[str, Wait] = field(default_factory=dict)
    blind: str = ""

    def line(self, a: Attempt, was_answered: bool | None) -> None:
        """The log spoke of a release."""
        release, t, long = a.release, a.t, a.ms >= 1000 * LONG
        self.lines[release] = self.lines.get(release, 0) + 1
        self.long[release] = self.long.get(release, 0) + long
        self.unanswered[release] = self.unanswered.get(release, 0) + (was_answered is False)
        self.newest[release] = max(self.newest.get(release, t), t)
        if was_answered and not long:
            self.prompt[release] = max(self.prompt.get(release, t), t)

    def counters(self, t: float, release: str, total: float) -> None:
        """The edge's own count of requests to a release; a restart of the edge sets it back."""
        seen, wait = self.lines.get(release, 0), self.waits.get(release)
        if wait is None or seen != wait.lines or total <= wait.counter:
            self.waits[release] = wait = Wait(t, total, seen)
        wait.marks.append((t, total))
        silent = t - wait.since >= SILENT_FOR and self._spoke(release) < wait.since + LONG
        if silent and total - wait.counter >= MOVED_BY:
            self.blind = release
        elif self.blind == release:
            self.blind = ""

    def hangs(self, release: str, old: str) -> bool:
        """Whether the release answers nothing, while `old` answers promptly.

        What both depend on may hang: then the log goes on about `old`, too, but only that it was not answered.
        Streams and slow pages are no hang: there have to be more at once than `old`'s share of long answers explains.
        """
        wait = self.waits.get(release)
        if wait is None or self.lines.get(release, 0) != wait.lines:
            return False
        usual = (self.long.get(old, 0) + 1) / (self.lines.get(old, 0) + 2)
        needed = max(UNANSWERED, math.log(RARE) / math.log(usual))
        return wait.begun(self.prompt.get(old, -math.inf) - LONG) >= needed

    def unanswered_share(self, release: str) -> float:
        """Which share of a release's requests is not answered, of all that the log told."""
        return self.unanswered.get(release, 0) / max(self.lines.get(release, 0), 1)

    def _spoke(self, release: str) -> float:
        """Until when the log is known to be complete about others than `release`."""
        return max((t for other, t in self.newest.items() if other != release), default=-math.inf)
