"""Latency: the share of answers slower than fixed limits, compared like failures.

Limits are old's own p90 and p99 per route and the SLO; a slow tail moves the p99 share, a uniform slowdown the p90.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.evidence import AbsoluteEvidence, RelativeEvidence
from golive.ship.judge.domain.facts import NEW

LIMITS: Final = ("p90", "p99", "slo")


@checkpointed
@dataclass(slots=True)
class LatencyStream:
    """Slow units of both sides against each other, and of new against a bar when that is all there is."""

    relative: RelativeEvidence
    absolute: AbsoluteEvidence
    slow: list[int] = field(default_factory=lambda: [0, 0])

    @classmethod
    def start(cls, t: float) -> LatencyStream:
        """Fresh evidence from `t` on."""
        return cls(RelativeEvidence(t), AbsoluteEvidence(t))

    def tick(self, t: float, timed: Sequence[int], share: float | None, r0: float, bar: float) -> None:
        """`timed` answers of this tick; `share` of those at risk on new, None without a control."""
        if share is not None and (self.slow[0] or self.slow[1]):
            self.relative.update(t, self.slow[0], self.slow[1], share, r0)
        if timed[NEW]:
            self.absolute.update(t, self.slow[NEW], timed[NEW], bar)
        self.slow = [0, 0]
