"""E-processes: evidence that may be looked at after every second.

An e-process for a null hypothesis starts at 1 and is a nonnegative supermartingale while the null is true, so
P(E ever >= 1/a) <= a (Ville 1939).  Averages with weights fixed beforehand, over effect sizes, starting times and
streams, are e-processes again.

Sources: Lindon, Sanden, Shirikian, Rapid regression detection in software deployments through sequential testing,
KDD 2022; Lindon, Malek, Anytime-valid inference for multinomial count data, NeurIPS 2022; Shafer, Testing by betting,
JRSS A 2021; Gruenwald, de Heide, Koolen, Safe testing, JRSS B 2024 (E^(1/phi) with phi >= 1 stays an e-variable);
Cox, Partial likelihood, Biometrika 1975; Shiryaev 1963 and Roberts 1966 (a sum over starting times by one recursion).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed

GRID: Final = tuple(1.3 * (300 / 1.3) ** (i / 23) for i in range(24))
LOG_GRID: Final = tuple(math.log(r) for r in GRID)
CEILING: Final = 1e30  # clipping downwards keeps a supermartingale
START_EVERY: Final = 15.0


@checkpointed
@dataclass(slots=True)
class Mixture:
    """E_t = mean over ratios r of [1/2 L_r(0, t) + sum_k w_k L_r(t_k, t)] + weight of the starts still to come.

    L_r(s, t) is the likelihood ratio of the data in (s, t]; a start every 15 s for ever, w_k = 0.5 / (k (k + 1)).
    All starts obey one recursion, so one number per ratio is the whole state: m_r <- (m_r + w_k) * factor_r.
    """

    t0: float
    k: int = 0
    m: list[float] = field(default_factory=lambda: [0.5] * len(GRID))

    def multiply(self, t: float, logs: list[float]) -> None:
        """Take in one tick's log likelihood ratios, one per ratio of the grid."""
        k = max(self.k, int((t - self.t0) / START_EVERY))
        w = 0.5 / (self.k + 1) - 0.5 / (k + 1)
        self.k = k
        exp = math.exp
        self.m = [min((a + w) * exp(min(x, 69.0)), CEILING) for a, x in zip(self.m, logs, strict=True)]

    def value(self) -> float:
        """E_t."""
        return sum(self.m) / len(GRID) + 0.5 / (self.k + 1)


@checkpointed
@dataclass(slots=True)
class RelativeEvidence(Mixture):
    """Null: a unit at risk fails on new at most r0 times as often as on old, at every moment.

    Given that one unit at risk fails, it is on new with probability q0 = r0 x / (r0 x + 1 - x), x = share of the
    units at risk that are on new.  Whatever hits both releases alike cancels (Cox's partial likelihood).
    """

    def update(self, t: float, new: int, old: int, share: float, r0: float) -> None:
        """`new` and `old` failed units while `share` of the units at risk was on new."""
        share = min(max(share, 1e-4), 1 - 1e-4)
        odds, n = r0 * share / (1 - share), new + old
        top = n * math.log1p(odds)
        self.multiply(
            t,
            [new * lr + top - n * math.log1p(odds * r) for r, lr in zip(GRID, LOG_GRID, strict=True)],
        )


@checkpointed
@dataclass(slots=True)
class AbsoluteEvidence(Mixture):
    """Null: a unit fails at most with probability p0; alternatives have odds r times those of p0."""

    bar: float = field(default=0.0, metadata={"cache": True})
    hit: list[float] = field(default_factory=list, metadata={"cache": True})
    miss: list[float] = field(default_factory=list, metadata={"cache": True})

    def update(self, t: float, failed: int, n: int, p0: float, phi: float = 1.0) -> None:
        """`failed` of `n` units; `phi` >= 1 is the service's own dispersion and tempers: E^(1/phi)."""
        if p0 != self.bar:
            odds = p0 / (1 - p0)
            p1 = [min(odds * r / (1 + odds * r), 0.97) for r in GRID]
            self.bar = p0
            self.hit = [math.log(p / p0) for p in p1]
            self.miss = [math.log((1 - p) / (1 - p0)) for p in p1]
        a, b = failed / phi, (n - failed) / phi
        self.multiply(t, [a * x + b * y for x, y in zip(self.hit, self.miss, strict=True)])


def confidence_bound(failed: int, n: int, alpha: float, *, upper: bool) -> float:
    """End of the anytime-valid confidence sequence of a share: where the Beta(1/2, 1/2) mixture reaches 1/alpha.

    Valid at every moment at once (Robbins 1970; Lindon, Malek 2022), so a step may be ended when it looks good.
    """
    if n <= 0:
        return 1.0 if upper else 0.0
    good = n - failed
    a, b = failed + 0.5, good + 0.5
    mixture = math.lgamma(a) + math.lgamma(b) - math.lgamma(n + 1) - math.log(math.pi) + math.log(alpha)
    inside = min(max(failed / n, 1e-9), 1 - 1e-9)
    low, high = (inside, 1 - 1e-12) if upper else (1e-12, inside)
    for _ in range(50):
        p = (low + high) / 2
        rejected = failed * math.log(p) + good * math.log1p(-p) < mixture
        if rejected == upper:
            high = p
        else:
            low = p
    return high if upper else low
