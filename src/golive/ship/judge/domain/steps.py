"""May the step move on?  And what could have been known at this traffic."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.evidence import confidence_bound

ALPHA = 0.05
UNANSWERED = 30.0  # s: a request that hangs is heard of after the edge's limit for a try, 15 s, and its line is late
EXPECTED = 5.0  # units


@checkpointed
@dataclass(slots=True)
class Step:
    """Units of both sides since the weights last changed."""

    t: float
    share: float
    at_least: float
    at_most: float
    n: list[int] = field(default_factory=lambda: [0, 0])
    e: list[int] = field(default_factory=lambda: [0, 0])
    timed: int = 0  # answers of new whose time counted
    said: bool = False

    def difference_bound(self) -> float:
        """Upper end of (failure share of new - of old), anytime-valid at 95 %."""
        high = confidence_bound(self.e[0], self.n[0], ALPHA, upper=True)
        return high - confidence_bound(self.e[1], self.n[1], ALPHA, upper=False)

    def may_hang(self, t: float) -> bool:
        """Whether new has answered less than a tenth of what its share lets expect, and it is too soon to tell why."""
        expected = self.n[1] * self.share / max(1 - self.share, 0.03)
        return expected >= EXPECTED and self.n[0] < expected / 10 and t - self.t < self.at_most + UNANSWERED

    def needed(self) -> int:
        """Failed units of new that reach E = 20 by comparison while old fails none; follows from the share."""
        odds = 1.5 * self.share / max(1 - self.share, 0.03)
        per_failure = math.log1p(1 / odds)
        return max(3, math.ceil(math.log(20 * 8) / max(per_failure, 0.25)))

    def detectable(self, t: float) -> float | None:
        """Smallest failure share that this step would have pulled with a chance of about 90 %; None: no share at all.

        A Poisson mean of k + 1.3 sqrt(k) + 0.5 gives at least k in nine of ten cases.
        """
        n = self.n[0]
        if n < 3:
            return None
        k = self.needed()
        share = (k + 1.3 * math.sqrt(k) + 0.5) / n
        return min(share, 1.0) if t > self.t and k <= n else None
