"""Proof: what is learned about a suspicion while users are safe on old."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.evidence import RelativeEvidence

# Seconds; one hiccup of eight seconds cannot reach over the silence into both looks.
ASKING, SILENCE = 10.0, 9.0
FAR_PAST: Final = -1e9
REGULAR, GONE = 5, 45.0  # units of the cohort, seconds of its silence
FEW: Final = 3  # requests
SHARED: Final = 0.06  # share of requests that hang: five in a row are a chance of one in a million below it


def outlasts(times: Iterable[float], length: float, hiccups: int = 2) -> bool:
    """Whether `hiccups` intervals of `length` leave at least a fifth of these times (and one) uncovered.

    So many hiccups, or one fewer and a stray failure, cannot explain such a suspicion.
    """
    left = sorted(times)
    several, enough = len(left) >= 4, max(1.0, 0.2 * len(left))
    for _ in range(hiccups):
        first, count = _densest(left, length)
        del left[first : first + count]
    return several and len(left) >= enough


def _densest(times: list[float], length: float) -> tuple[int, int]:
    """First index and count of the interval of `length` that covers most of the ordered `times`."""
    best, first, start = 0, 0, 0
    for end, t in enumerate(times):
        while t - times[start] > length:
            start += 1
        if end - start + 1 > best:
            best, first = end - start + 1, start
    return first, best


@checkpointed
@dataclass(slots=True)
class Episode:
    """Counts of new since the combination was last below 2: what the suspicion consists of."""

    began: float
    units: dict[str, list[int]] = field(default_factory=dict)  # route -> [units, failed]
    timed: int = 0
    slow: dict[str, int] = field(default_factory=lambda: {"p90": 0, "p99": 0, "slo": 0})

    def note(self, route: str, n: int, e: int) -> None:
        """A unit of new was exposed or failed."""
        row = self.units.get(route)
        if row is None:
            row = self.units[route] = [0, 0]
        row[0] += n
        row[1] += e

    def add(self, other: Episode) -> None:
        """Take in the counts of an episode that came to nothing."""
        for route, (n, e) in other.units.items():
            self.note(route, n, e)
        self.timed += other.timed
        for kind, slow in other.slow.items():
            self.slow[kind] += slow

    def counts(self, kind: str, routes: Iterable[str]) -> tuple[int, int]:
        """Units, and bad ones among them: failed on `routes`, or slow on any."""
        if kind != "errors":
            return self.timed, self.slow[kind]
        rows = [self.units[r] for r in routes if r in self.units]
        n, e = sum(r[0] for r in rows), sum(r[1] for r in rows)
        return max(n, e), e

    def error_rate(self, routes: Iterable[str]) -> float:
        """Failure share on `routes`, without the first failure: it began the episode and would flatter the rate."""
        n, e = self.counts("errors", routes)
        return min((max(e - 1, 0) + 0.5) / (n + 1), 0.97)

    def slow_rate(self, kind: str) -> float:
        """Share of new's answers above the limit `kind`."""
        return (self.slow[kind] + 0.5) / (self.timed + 1)


@checkpointed
@dataclass(slots=True)
class Confirmation:
    """The case: what was suspected at the pull, and what probes, the crossover and old have said since."""

    t: float
    kind: str  # errors | p90 | p99 | slo | mix
    routes: dict[str, bool]
    what: int  # category of the status mix
    relative: float
    clients: int
    first: float  # first failure of the suspicion
    times: tuple[float, ...]  # of its bad units, those before a RESUME included
    lasting: bool  # they are no hiccup
    before: float  # share of bad units on new, on the suspected routes
    before_all: float
    usual: float  # and what is normal there
    again: bool
    control: bool
    reason: str
    share: float
    well_at_first: bool = False  # new had no such trouble before
    units: dict[tuple[str, str, int], bool] = field(default_factory=dict)
    n: int = 0
    e: int = 0
    looks: list[RelativeEvidence] = field(default_factory=list)
    asked: list[int] = field(default_factory=lambda: [0, 0])
    bad: list[int] = field(default_factory=lambda: [0, 0])
    last_bad: float = FAR_PAST
    pending: dict[str, bool] = field(default_factory=dict)
    fault: float | None = None
    heard: float = FAR_PAST  # of the last unit of the cohort
    ends: list[int] = field(default_factory=lambda: [0, 0])  # requests to new from before the pull: answered, not
    old_ends: list[int] = field(default_factory=lambda: [0, 0])  # all of old since then: answered, not
    unanswered: float = 0.0  # share of old's requests of which that is normal

    def look(self, t: float, settle: float) -> int | None:
        """Which of the two looks of the owner's probes is open at `t`."""
        since = t - self.t - settle
        if since < 0 or since % (ASKING + SILENCE) >= ASKING:
            return None
        return int(since // (ASKING + SILENCE)) % 2

    def probed(self, t: float, route: str, side: int, *, bad: bool, settle: float, r0: float) -> None:
        """An answer to a probe; the pair counts when both releases have answered."""
        self.asked[side] += 1
        self.bad[side] += bad
        if side == 0:
            self.pending[route] = bad
            if bad:
                self.last_bad = t
        elif route in self.pending:
            other, look = self.pending.pop(route), self.look(t, settle)
            if look is not None and (bad or other):
                self.looks[look].update(t, int(other), int(bad), 0.5, r0)

    def ended(self, side: int, *, answered: bool) -> None:
        """A request to new that had begun before the pull has ended, or any to old."""
        (self.old_ends if side else self.ends)[not answered] += 1

    @property
    def hung(self) -> bool:
        """Whether what was not answered at the pull never was."""
        answered, failed = self.ends
        return failed >= FEW and failed > answered

    @property
    def came(self) -> bool:
        """Whether it was answered after all; it may be neither, while too little of it has ended."""
        answered, failed = self.ends
        return answered >= FEW and answered >= failed

    @property
    def old_hangs(self) -> bool:
        """Whether old leaves so much unanswered since the pull, far above what is normal, that both may hang."""
        answered, failed = self.old_ends
        return failed >= FEW and failed > min(max(SHARED, 3 * self.unanswered), 0.6) * (answered + failed)

    @property
    def probes(self) -> float:
        """The weaker of the two looks: a hiccup shorter than the silence between them cannot fill both."""
        return min(x.value() for x in self.looks)

    def crossed(self, t: float, key: tuple[str, str, int], *, bad: bool, may_turn: bool) -> None:
        """A request of a visitor who was on new, answered by old; its unit counts once, `may_turn` bad later."""
        seen = self.units.get(key)
        if seen is None:
            self.heard = t
            self.n += 1
            self.e += bad
            self.units[key] = bad
        elif bad and not seen and may_turn:
            self.units[key] = True
            self.e += 1

    def deserted(self, t: float) -> bool:
        """Whether the cohort came regularly and has left: waiting on would teach nothing."""
        return self.n >= REGULAR and t - self.heard >= max(GONE, 5 * (self.heard - self.t) / self.n)

    @property
    def crossover(self) -> float:
        """Log likelihood ratio of the cohort on old: "as good as usual" against "still half as bad as on new".

        All visitors who were on new count, not those who failed there: those were chosen by their failure, and any
        noise would seem to recover.
        """
        before = max(self.before, 2.5 * self.usual)
        half = min(max(before / 2, 1.5 * self.usual), 0.9)
        good = min(self.usual, half / 1.2)
        return (self.n - self.e) * math.log((1 - good) / (1 - half)) + self.e * math.log(good / half)

    @property
    def gained(self) -> float:
        """E_rel x LR: the case for blame by crossover."""
        return self.relative * math.exp(min(self.crossover, 60.0))

    @property
    def old_is_sick(self) -> bool:
        """The owner's probes fail on old as well, far above what is normal."""
        bad, asked = self.bad[1], self.asked[1]
        many = bad >= 5 and asked >= 20 and bad / asked > 3 * max(self.usual, 0.03)
        return many and self.bad[0] < 1.5 * bad
