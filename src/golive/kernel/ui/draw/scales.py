"""Scales: a lens opens a stretch of time evenly; the horizon bends thirty days either way round now; evidence is logarithmic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal

State = Literal["serving", "moving", "suspicious", "broken", "unknown"]
NARROW, WIDE = 350.0, 620.0  # px: what fits a drawing on a phone; further words only show where there is room

_STEPS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14400,
    21600,
    43200,
    86400,
    172800,
    604800,
)


@dataclass(frozen=True)
class Lens:
    """The stretch of time that a page looks at, in epoch seconds. `now` may lie inside it: what is right of it is planned."""

    start: float
    end: float
    now: float
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a lens needs an end after its start")

    def share(self, moment: float) -> float:
        """Place of a moment, 0 at the start and 1 at the end; not clipped."""
        return (moment - self.start) / (self.end - self.start)

    def sees(self, moment: float) -> bool:
        return self.start <= moment <= self.end

    def ticks(self, most: int = 7) -> list[float]:
        """At most about `most` round moments."""
        span = self.end - self.start
        step = next((s for s in _STEPS if span / s <= most), _STEPS[-1])
        offset = datetime.fromtimestamp(self.start, self.zone).utcoffset()
        shift = offset.total_seconds() if offset else 0.0
        first = math.ceil((self.start + shift) / step) * step - shift
        return list(_run(first, self.end, step))

    def clock(self, moment: float, *, seconds: bool | None = None) -> str:
        """The moment in words that the lens can tell apart: seconds, minutes or days."""
        at = datetime.fromtimestamp(moment, self.zone)
        span = self.end - self.start
        if span > 3 * 86400:
            return f"{at.day} {at:%b}"
        with_seconds = span <= 300 if seconds is None else seconds
        return f"{at:%H:%M:%S}" if with_seconds else f"{at:%H:%M}"


def _run(first: float, end: float, step: float) -> Iterator[float]:
    moment = first
    while moment <= end:
        yield moment
        moment += step


_BEND = 20.0  # seconds round now that are still nearly even
_MONTH = 30 * 86400.0
NOW_AT = 0.70  # share of the horizon left of now


def horizon_share(distance: float) -> float:
    """Place of a moment `distance` seconds from now on the log-bent line: -30 days is 0, now 0.70, +30 days is 1."""
    reach = math.log10(1 + _MONTH / _BEND)
    bent = math.log10(1 + abs(distance) / _BEND) / reach
    if distance <= 0:
        return max(0.0, NOW_AT - bent * NOW_AT)
    return min(1.0, NOW_AT + bent * (1 - NOW_AT))


def evidence_y(value: float, height: float, *, low: float = 0.1, high: float = 300.0) -> float:
    """Place of a weight of evidence on the log axis, in px from the top."""
    bottom, top = math.log10(low), math.log10(high)
    held = math.log10(min(max(value, low), high))
    return height - 4 - (held - bottom) / (top - bottom) * (height - 8)


def round_top(value: float) -> float:
    """The next round number at or above: 1, 2, 2.5, 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * (1 - 1e-9))


def claim(taken: list[tuple[float, float]], left: float, right: float) -> bool:
    """Take a piece of a row for words, unless other words stand there already."""
    if any(left < b and right > a for a, b in taken):
        return False
    taken.append((left, right))
    return True
