"""What the old release is like: frozen at the first switch, and live while it has traffic."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed

TAUS: Final = (3.0, 20.0, 200.0)
UNITS, FAILURES, TIMED, SLOW, OVER = range(5)
PSEUDO: Final = 20.0  # units with which a route borrows the service's rate


def upper(failed: float, n: float) -> float:
    """Upper 95 % end of a share (Poisson, one failure added); 0 when nothing was seen."""
    return (failed + 1 + 1.64 * math.sqrt(failed + 1)) / max(n, 60.0) if n else 0.0


def cut(ordered: Sequence[float], quantile: float) -> float:
    """The quantile of an ordered sample."""
    return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]


@checkpointed
@dataclass(slots=True)
class Dispersion:
    """Pearson's dispersion of failures in 10 s windows: 1 when independent, 20 where errors come in bursts."""

    end: float | None = None
    n: int = 0
    e: int = 0
    sums: list[int] = field(default_factory=lambda: [0] * 5)  # e, n, ee, en, nn

    def note(self, t: float, n: int, e: int) -> None:
        """Count units and failures of old."""
        if self.end is None:
            self.end = t + 10
        if t >= self.end:
            row = (self.e, self.n, self.e * self.e, self.e * self.n, self.n * self.n)
            self.sums = [x + y for x, y in zip(self.sums, row, strict=True)]
            self.n = self.e = 0
            self.end = t + 10
        self.n += n
        self.e += e

    @property
    def phi(self) -> float:
        """Between 1 and 30."""
        e, n, ee, en, nn = self.sums
        if e < 5 or e >= n:
            return 1.0
        p = e / n
        return min(max(1.0, (ee - 2 * p * en + p * p * nn) / (p * (1 - p) * n)), 30.0)


@checkpointed
@dataclass(slots=True)
class Baseline:
    """Rates and quantiles of old before the first switch; `rates` keeps 3, 20 and 200 s means while it lives."""

    slo_ms: float
    n: int = 0
    e: int = 0
    timed: int = 0
    over: int = 0
    routes: dict[str, list[int]] = field(default_factory=dict)  # known route -> [units, failed] before the switch
    samples: dict[str, deque[float]] = field(default_factory=dict)
    p90: dict[str, float] = field(default_factory=dict)
    p99: dict[str, float] = field(default_factory=dict)
    any90: float = 0.0
    any99: float = 0.0
    rate: float = 0.0
    bar: float = 0.0
    bar_slo: float = 0.0
    phi: float = 1.0  # dispersion before the switch: an outage must not excuse itself
    rates: list[list[float]] = field(default_factory=lambda: [[0.0] * 5 for _ in TAUS])
    dispersion: Dispersion = field(default_factory=Dispersion)

    def unit(self, t: float, route: str, n: int, e: int) -> None:
        """A unit was exposed or failed before the first switch."""
        self.n += n
        self.e += e
        row = self.routes[route]
        row[0] += n
        row[1] += e
        self.dispersion.note(t, n, e)

    def answered(self, route: str, ms: float) -> None:
        """An answer before the first switch."""
        self.timed += 1
        self.over += ms > self.slo_ms
        sample = self.samples.get(route)
        if sample is None:
            sample = self.samples[route] = deque(maxlen=5000)
        sample.append(ms)

    def freeze(self) -> None:
        """The first switch: what was learned becomes the yardstick."""
        everything = sorted(x for v in self.samples.values() for x in v) or [self.slo_ms]
        self.any90, self.any99 = cut(everything, 0.9), cut(everything, 0.99)
        for route, values in self.samples.items():
            ordered = sorted(values)
            if len(ordered) >= 50:
                self.p90[route] = cut(ordered, 0.9)
            if len(ordered) >= 500:
                self.p99[route] = cut(ordered, 0.99)
        self.phi = self.dispersion.phi
        self.rate = (self.e + 0.5) / (self.n + 1)
        self.bar = upper(self.e, self.n)
        self.bar_slo = upper(self.over, self.timed) if self.timed >= 200 else 0.0
        self.samples = {}

    def limit(self, kind: str, route: str) -> float:
        """Milliseconds above which an answer is slow for the stream `kind`."""
        if kind == "slo":
            return self.slo_ms
        return self.p99.get(route, self.any99) if kind == "p99" else self.p90.get(route, self.any90)

    def usual(self, kind: str) -> float:
        """Share of bad units that is normal for old."""
        if kind == "errors":
            return self.rate
        return {"p90": 0.1, "p99": 0.01}.get(kind) or (self.over + 0.5) / (self.timed + 1)

    def route_bar(self, route: str) -> float:
        """Upper end of a route's own rate, which borrows from the service where little was seen."""
        n, e = self.routes.get(route, (0, 0))
        mean = e + PSEUDO * self.rate + 1
        return (mean + 1.64 * math.sqrt(mean)) / (n + PSEUDO) if self.n else 0.0

    def live(self, what: int, of: int, floor: float) -> float:
        """Highest of the live means; ten pseudo-units keep a silent or tiny control from raising the bar."""
        return max(*(r[what] / (r[of] + 10) for r in self.rates), floor)

    def live_mean(self, what: int, of: int) -> float:
        """The 200 s mean alone."""
        rate = self.rates[2]
        return rate[what] / (rate[of] + 10)

    def tick(self, counts: Sequence[float]) -> None:
        """One second of old: units, failed, timed, slower than p90, slower than the SLO."""
        for tau, rate in zip(TAUS, self.rates, strict=True):
            d = 1 - 1 / tau
            for i, x in enumerate(counts):
                rate[i] = rate[i] * d + x
