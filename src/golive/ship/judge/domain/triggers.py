"""The plain rules people expect, on new's trailing minute (mission: SHIP-5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.windows import Recent


@checkpointed
@dataclass(slots=True)
class Triggers:
    """Errors over a limit for 5 minutes; p95 over 1000 ms for 10 minutes."""

    timed: int = 0
    over: int = 0
    window: Recent = field(default_factory=lambda: Recent(60.0))
    since: dict[str, float] = field(default_factory=dict)

    def answered(self, ms: float) -> None:
        """An answer of new."""
        self.timed += 1
        self.over += ms > 1000

    def tick(self, t: float, n: int, e: int, limit: float) -> str:
        """`n` units of new, `e` failed; the slug of the rule that has held long enough, else ""."""
        self.window.add(t, (n, e, self.timed, self.over))
        self.timed = self.over = 0
        units, failed, timed, over = self.window.sums
        rules = (
            ("errors_5min", units >= 20 and failed > limit * units, 300.0),
            ("p95_1000ms_10min", timed >= 20 and over > 0.05 * timed, 600.0),
        )
        for name, holds, needed in rules:
            if not holds:
                self.since.pop(name, None)
            elif t - self.since.setdefault(name, t) >= needed:
                return name
        return ""
