"""Return: the same trouble has come back since RESUME, unless the release merely has hiccups.

A bug is there from the first second on and at its first rate; a hiccup comes after many good units, is over in
seconds, and may come again.  Both are written down as models of the same units, and the odds between them are the
evidence: L(bug) / L(hiccups).  The bug's rate was fixed by the first episode, before the first of these units was
seen, and the hiccups get the benefit of whichever of three heights explains most; so the odds are an e-value for every
service whose releases are calm but for hiccups.

Hiccups are a hidden Markov chain of two states, filtered forwards: calm (rate p0), and a burst that begins once in
`EVERY` and lasts `LASTS` seconds on average.  Sources: Fischer, Meier-Hellstern, The Markov-modulated Poisson process
cookbook, Performance Evaluation 1993; Wasserman, Ramdas, Balakrishnan, Universal inference, PNAS 2020 (a maximum over
the null in the denominator keeps an e-value).

When new was well before the first episode, the bug has not been there from the first second on: only one that began
later is left of it, and the next burst of hiccups may fall into the seconds after RESUME.  That has to prove more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.config import Config

EVERY: Final = 120.0
LASTS: Final = 8.0
HEIGHTS: Final = (0.25, 0.5, 0.9)  # failure share within a burst
PARTS: Final = (2.0, 1.0, 0.5, 0.25)  # of the first episode's rate: a handful of failures tells it roughly


def log_sum(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


def log_ratio(failed: int, n: int, p: float, p0: float) -> float:
    """Log likelihood of `failed` of `n` units at rate p against rate p0."""
    return failed * math.log(p / p0) + (n - failed) * math.log((1 - p) / (1 - p0))


def bug(p: float, n: int, failed: int, p0: float) -> list[float]:
    """Log likelihoods of `failed` of `n` units for a bug of rate 2 p, p, p/2 or p/4, relative to the calm rate p0.

    A bug fails at least 1.5 x p0: good units always speak against it.
    """
    return [log_ratio(failed, n, min(max(p * part, 1.5 * p0), 0.97), p0) for part in PARTS]


def not_yet(p: float, n: int, failed: int, p0: float) -> float:
    """L(calm) / L(bug) of the units before an episode of rate `p`: evidence that the bug was not there all along."""
    there = reduce(log_sum, bug(p, n, min(failed, n), p0)) - math.log(len(PARTS))
    return math.exp(min(-there, 60.0))


@checkpointed
@dataclass(slots=True)
class Odds:
    """A bug of rate 2 p, p, p/2 or p/4 against hiccups; all likelihoods are logs, relative to the calm rate."""

    p: float
    bug: list[float] = field(default_factory=lambda: [0.0] * len(PARTS))
    calm: list[float] = field(default_factory=lambda: [math.log(EVERY / (EVERY + LASTS))] * len(HEIGHTS))
    burst: list[float] = field(default_factory=lambda: [math.log(LASTS / (EVERY + LASTS))] * len(HEIGHTS))

    def update(self, gap: float, n: int, failed: int, p0: float) -> None:
        """`failed` of `n` units in the last `gap` seconds, of which a calm release fails at most p0."""
        failed = min(failed, n)
        self.bug = [x + more for x, more in zip(self.bug, bug(self.p, n, failed, p0), strict=True)]
        begins, ends = -math.expm1(-gap / EVERY), -math.expm1(-gap / LASTS)
        for i, height in enumerate(HEIGHTS):
            calm, burst = self.calm[i], self.burst[i]
            self.calm[i] = log_sum(calm + math.log1p(-begins), burst + math.log(ends))
            self.burst[i] = log_sum(calm + math.log(begins), burst + math.log1p(-ends)) + log_ratio(
                failed, n, max(height, p0), p0
            )

    def value(self) -> float:
        """L(bug) / L(hiccups)."""
        hiccups = max(map(log_sum, self.calm, self.burst))
        return sum(math.exp(min(x - hiccups, 60.0)) for x in self.bug) / len(PARTS)


@checkpointed
@dataclass(slots=True)
class Again:
    """Units of new since the first RESUME: on the suspected routes, and on all."""

    kind: str
    routes: dict[str, bool]
    p: float  # failure share of the first episode on its routes
    p_all: float  # and on all
    times: tuple[float, ...]  # of its failures
    at: float  # RESUME, then the last tick
    well_at_first: bool = False  # new had no such trouble before the first episode
    tries: int = 1
    counts: list[int] = field(default_factory=lambda: [0] * 4)  # n, failed; n, failed on all
    odds: list[Odds] = field(init=False)

    def __post_init__(self) -> None:
        self.forget(self.at)

    def note(self, route: str, n: int, e: int) -> None:
        """A unit of new was exposed (n) or failed (e)."""
        self.counts[2] += n
        self.counts[3] += e
        if self.kind != "errors" or route in self.routes:
            self.counts[0] += n
            self.counts[1] += e

    def tick(self, t: float, p0: float) -> None:
        """Weigh what was noted since the last tick; `p0` is the share that a calm release fails at most."""
        n, e, n_all, e_all = self.counts
        if n_all or e_all:
            gap = max(t - self.at, 0.1)
            self.odds[0].update(gap, max(n, e), e, p0)
            self.odds[1].update(gap, max(n_all, e_all), e_all, p0)
            self.at = t
        self.counts = [0] * 4

    def forget(self, t: float) -> None:
        """Begin again, after trouble that both releases shared."""
        self.at, self.counts = t, [0] * 4
        self.odds = [Odds(self.p), Odds(self.p_all)]

    def value(self) -> float:
        """The e-value: mean over both sets of routes."""
        return sum(odds.value() for odds in self.odds) / len(self.odds)

    def proves(self, config: Config) -> bool:
        """Whether it is back; what was not there at first, or a second try, has to prove more."""
        at_once = self.tries == 1 and not self.well_at_first
        return self.value() >= (config.again_at if at_once else config.pull_at)
