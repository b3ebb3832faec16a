"""Blindness: the edge serves requests and the log says nothing about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from golive.ship.judge.domain.checkpoint import checkpointed

SILENT_FOR = 12.0  # lines may be 10 s late
MOVED_BY = 3


@checkpointed
@dataclass(slots=True)
class Sight:
    """Per release: the counter at its last line, and since when lines are missing."""

    lines: dict[str, int] = field(default_factory=dict)
    at: dict[str, tuple[float, float, int]] = field(default_factory=dict)  # since, counter, lines
    blind: str = ""

    def line(self, release: str) -> None:
        """The log spoke of a release."""
        self.lines[release] = self.lines.get(release, 0) + 1

    def counters(self, t: float, release: str, total: float) -> None:
        """The edge's own count of requests to a release; a restart of the edge sets it back."""
        seen = self.lines.get(release, 0)
        since, counter, lines = self.at.get(release, (t, total, seen))
        if seen != lines or total < counter:
            since, counter, lines = t, total, seen
        self.at[release] = (since, counter, lines)
        if t - since >= SILENT_FOR and total - counter >= MOVED_BY:
            self.blind = release
        elif self.blind == release:
            self.blind = ""
