"""Windows over time: who was at risk lately, and what old is like just now."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from golive.ship.judge.domain.checkpoint import checkpointed


@checkpointed
@dataclass(slots=True)
class ExposureWindow:
    """Share of the units at risk that are on new: trailing 60 s and at least the last 50 units.

    Restarted at each switch.  One second's counts instead would ignore 40-92 % of the failures at <= 1 request/s.
    """

    ticks: deque[tuple[float, int, int]] = field(default_factory=deque)
    new: int = 0
    old: int = 0

    def add(self, t: float, new: int, old: int) -> None:
        """Count the units first exposed in this tick."""
        if not (new or old):
            return
        self.ticks.append((t, new, old))
        self.new += new
        self.old += old
        while t - self.ticks[0][0] > 60 and self.new + self.old - self.ticks[0][1] - self.ticks[0][2] >= 50:
            _, a, b = self.ticks.popleft()
            self.new -= a
            self.old -= b

    @property
    def share(self) -> float | None:
        """None while one side is empty: without a control nothing relative can be said."""
        return (self.new + 0.5) / (self.new + self.old + 1) if self.new and self.old else None


@checkpointed
@dataclass(slots=True)
class Fading:
    """Failed and all units with exponential forgetting; decays only when touched."""

    tau: float
    t: float = 0.0
    n: float = 0.0
    e: float = 0.0

    def add(self, t: float, n: int, e: int) -> None:
        """`n` units at `t`, `e` of them failed."""
        self._fade(t)
        self.n += n
        self.e += e

    def rate(self, t: float, ballast: float) -> float:
        """Failure share; `ballast` good pseudo-units keep a tiny control from raising the bar."""
        self._fade(t)
        return self.e / (self.n + ballast)

    def _fade(self, t: float) -> None:
        if t > self.t:
            d = math.exp((self.t - t) / self.tau) if self.n else 0.0
            self.t, self.n, self.e = t, self.n * d, self.e * d


@checkpointed
@dataclass(slots=True)
class Recent:
    """Plain counts per tick over the trailing `length` seconds."""

    length: float
    ticks: deque[tuple[float, tuple[int, ...]]] = field(default_factory=deque)
    sums: list[int] = field(default_factory=list)

    def add(self, t: float, counts: tuple[int, ...]) -> None:
        """Append one tick."""
        if not self.sums:
            self.sums = [0] * len(counts)
        self.ticks.append((t, counts))
        self.sums = [a + b for a, b in zip(self.sums, counts, strict=True)]
        while t - self.ticks[0][0] > self.length:
            self.sums = [a - b for a, b in zip(self.sums, self.ticks.popleft()[1], strict=True)]
