"""Status mix: a removed route, lost sessions, a redirect loop fail nobody and still are bad.

Per known route the shares of 3xx, 401/403, 404 and other 4xx on new are compared with old's at the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.evidence import RelativeEvidence
from golive.ship.judge.domain.facts import NEW, OLD

CATEGORIES: Final = ("3xx", "401/403", "404", "4xx")


def category(status: int) -> int | None:
    """Index into CATEGORIES; None for success, 1xx and failures."""
    if 300 <= status < 400:
        return None if status == 304 else 0
    if status in (401, 403):
        return 1
    if status == 404:
        return 2
    return 3 if 400 <= status < 500 else None


@checkpointed
@dataclass(slots=True)
class StatusMix:
    """One relative e-process per route and category seen, averaged with equal weights over all that are known."""

    t0: float
    streams: dict[tuple[str, int], RelativeEvidence] = field(default_factory=dict)
    tick_counts: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    totals: dict[tuple[str, int], list[int]] = field(default_factory=dict)  # this episode's

    def note(self, route: str, what: int, side: int) -> None:
        """A unit of `route` got an answer of category `what`."""
        self.tick_counts.setdefault((route, what), [0, 0])[side] += 1
        self.totals.setdefault((route, what), [0, 0])[side] += 1

    def tick(self, t: float, shares: dict[str, float], r0: float) -> bool:
        """One tick's counts become evidence on the routes whose share on new is given; True when any did."""
        moved = False
        for key, (new, old) in self.tick_counts.items():
            share = shares.get(key[0])
            if share is None:
                continue
            stream = self.streams.get(key)
            if stream is None:
                stream = self.streams[key] = RelativeEvidence(self.t0)
            stream.update(t, new, old, share, r0)
            moved = True
        self.tick_counts.clear()
        return moved

    def value(self, routes: int) -> float:
        """Mean over `routes` x categories; a pair that has said nothing is worth 1."""
        return max(1 + sum(s.value() - 1 for s in self.streams.values()) / (routes * len(CATEGORIES)), 0.0)

    def worst(self) -> tuple[str, int, int, int] | None:
        """Route, category, and its counts on new and old, with the most evidence."""
        if not self.streams:
            return None
        key = max(self.streams, key=lambda k: self.streams[k].value())
        counts = self.totals.get(key, [0, 0])
        return key[0], key[1], counts[NEW], counts[OLD]
