"""What cannot be known at this traffic: how small a fault would have stayed hidden in the running step.

A fault hides when it meets too few visitors, too few answers or too few requests of a route for the evidence to reach
the pull.  Figures are for a chance of about nine in ten of being seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from golive.ship.judge.domain import words
from golive.ship.judge.domain.combination import WEIGHTS
from golive.ship.judge.domain.config import Config
from golive.ship.judge.domain.evidence import GRID
from golive.ship.judge.domain.facts import NEW
from golive.ship.judge.domain.standing import Standing
from golive.ship.judge.domain.steps import Step

TAIL: Final = 0.01  # of old's answers are slower than its p99
SURE: Final = 1.5  # expected evidence must exceed the needed one by this factor
PRIOR: Final = 8.0  # what the mean over ratios and starting times costs
MOST_ROUTES: Final = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """Faults below these stay hidden; None: the traffic shows nothing of the kind at all.

    visitors: one in so many.  slow: share of answers in a slow tail.  routes: known routes that hardly anyone asked new
    for, with the requests it got.
    """

    visitors: int | None
    slow: float | None
    routes: dict[str, int]

    @property
    def sentence(self) -> str:
        """In words, "" when nothing of note is hidden."""
        return words.hidden(self.visitors, self.slow, self.routes)

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "visitors_one_in": self.visitors,
            "slow_share": self.slow,
            "routes": self.routes,
            "sentence": self.sentence,
        }


def limits(s: Standing) -> Limits | None:
    """Of the running step; None while new has no traffic."""
    step = s.step
    if step is None or s.share <= 0:
        return None
    books = s.books
    visitors = sum(at >= step.t for at in books.cohort.values())
    needed = step.needed()
    rare = {
        route: int(books.routes[route].x[NEW] if route in books.routes else 0)
        for route, (units, _) in books.base.routes.items()
        if units
    }
    rare = {route: n for route, n in sorted(rare.items(), key=lambda x: x[1]) if n < needed}
    return Limits(
        visitors=one_visitor_in(visitors, step, s.config),
        slow=slow_share(step),
        routes=dict(list(rare.items())[:MOST_ROUTES]),
    )


def one_visitor_in(visitors: int, step: Step, config: Config) -> int | None:
    """N: a fault of fewer than one visitor in N stays hidden, when `visitors` have used new.

    A client counts with at most `unit_cap` failed units, and a pull needs two clients.
    """
    k = max(2, math.ceil(step.needed() / config.unit_cap))
    one_in = int(visitors / (k + 1.3 * math.sqrt(k) + 0.5))
    return one_in if one_in >= 1 else None


def slow_share(step: Step) -> float | None:
    """The smallest slow tail that the p99 comparison would have seen, as a share of the answers."""
    x = min(max(step.share, 0.01), 0.97)
    odds = 1.4 * x / (1 - x)
    enough = SURE * math.log(20 / WEIGHTS["p99"] * PRIOR)
    slow_on_old = step.timed * (1 - x) / x * TAIL
    for r in GRID:
        if TAIL * r > 1:
            break
        slow_on_new = step.timed * TAIL * r
        less = math.log1p(odds) - math.log1p(odds * r)
        if slow_on_new * (math.log(r) + less) + slow_on_old * less >= enough:
            return float(TAIL * (r - 1))
    return None
