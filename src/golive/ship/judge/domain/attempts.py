"""The edge's attempt log, line by line.  Its content comes from outside and is hostile."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.facts import Attempt
from golive.ship.judge.domain.routes import template

LONGEST_LINE: Final = 16_384
LATE: Final = 10.0


def parse(line: str | bytes, timeline: Timeline, arrival: float) -> Attempt | None:
    """One JSON line of the log that was read at `arrival` (s, monotonic); None when it is not a usable attempt.

    Never raises.  The log's own clock may step; `timeline` turns its times into the caller's.
    """
    if len(line) > LONGEST_LINE:
        return None
    try:
        row = json.loads(line)
        return _attempt(row, timeline, arrival) if isinstance(row, dict) else None
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _attempt(row: dict[str, Any], timeline: Timeline, arrival: float) -> Attempt | None:
    release, status, ms = _text(row, "release"), row.get("code"), row.get("ms")
    if not release or not isinstance(status, int) or not isinstance(ms, int | float):
        return None
    if not 0 <= status <= 999 or not 0 <= ms < 1e9:
        return None
    method, path, route = _text(row, "method"), _text(row, "path") or "/", _text(row, "route")
    request, visitor = _text(row, "request"), _text(row, "visitor")
    address = _text(row, "ip")
    known = bool(visitor) and visitor != request  # a first visit is named after its own request
    name = visitor if known else f"{address} {_text(row, 'ua')}"
    return Attempt(
        t=timeline.place(float(row["ts"]) + ms / 1000, arrival) if "ts" in row else arrival,
        client=_pseudonym(name),
        route=template(method[:16], path[:2048], route[:200] or None),
        release=release,
        status=status,
        ms=float(ms),
        request=request[:64],
        left="DC" in _text(row, "flags").split(","),
        known=known,
        path="" if known else _pseudonym(f"{method} {path}"),
        prefix=prefix(address),
        stream=row.get("kind") == "stream",
    )


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) and value != "-" else ""


def _pseudonym(name: str) -> str:
    """Short and one-way: the judge keeps no cookies and no addresses."""
    return hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=6).hexdigest()


def prefix(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 address, as a pseudonym; "" when there is none."""
    host = address.strip("[]")
    if host.count(".") == 3 and ":" not in host:
        return _pseudonym(host.rsplit(".", 1)[0])
    return _pseudonym(":".join(host.split(":")[:3])) if ":" in host else ""


@checkpointed
@dataclass(slots=True)
class Timeline:
    """Places the log's times on the caller's monotonic clock.

    The smallest (arrival - log time) of the last minute or two is the distance of the clocks, because a line cannot
    arrive before it was written; a line is then at most 10 s late.  When every one of the last 20 lines seems later
    than that, the wall clock has stepped back and the distance is learned afresh.
    """

    distance: float | None = None
    lowest: float = 0.0  # of the running minute
    minute: float = 0.0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=20))

    def place(self, logged: float, arrival: float) -> float:
        """Completion in the caller's clock, within [arrival - 10 s, arrival]."""
        gap = arrival - logged
        if not -1e12 < gap < 1e12:
            return arrival
        if self.distance is None:
            self.distance, self.lowest, self.minute = gap, gap, arrival
        if arrival - self.minute >= 60:
            self.distance, self.lowest, self.minute = min(self.lowest, gap), gap, arrival
        self.recent.append(gap)
        self.lowest = min(self.lowest, gap)
        self.distance = min(self.distance, gap)
        if gap - self.distance > LATE and len(self.recent) == 20 and min(self.recent) - self.distance > LATE:
            self.distance = self.lowest = min(self.recent)
        return arrival - min(gap - self.distance, LATE)
