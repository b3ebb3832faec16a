"""The last minutes second by second, for the page."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.facts import Number

LENGTH: Final = 240
COLUMNS: Final = (
    "t",
    "new_total",
    "new_failed",
    "new_slow",
    "old_total",
    "old_failed",
    "old_slow",
    "share",
    "evidence",
    "relative",
)


@checkpointed
@dataclass(slots=True)
class Series:
    """Requests (not units) per tick of both sides, with the evidence after it."""

    rows: deque[tuple[float | int, ...]] = field(default_factory=lambda: deque(maxlen=LENGTH))
    counts: list[int] = field(default_factory=lambda: [0] * 6)

    def note(self, side: int, *, failed: bool, slow: bool) -> None:
        """One attempt; `slow` is above the SLO."""
        at = 3 * side
        self.counts[at] += 1
        self.counts[at + 1] += failed
        self.counts[at + 2] += slow

    def tick(self, t: float, share: float, evidence: float, relative: float) -> tuple[int, ...]:
        """Close the tick; its counts."""
        counts = tuple(self.counts)
        self.rows.append((round(t, 3), *counts, share, float(f"{evidence:.4g}"), float(f"{relative:.4g}")))
        self.counts = [0] * 6
        return counts

    def columns(self) -> dict[str, list[Number]]:
        """Column by column, oldest first."""
        return {name: [row[i] for row in self.rows] for i, name in enumerate(COLUMNS)}
