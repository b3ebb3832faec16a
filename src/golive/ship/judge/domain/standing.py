"""Everything a judge knows between two events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.config import Config
from golive.ship.judge.domain.confirmation import Confirmation
from golive.ship.judge.domain.facts import NEW, OLD, Number
from golive.ship.judge.domain.ledger import Ledger
from golive.ship.judge.domain.series import Series
from golive.ship.judge.domain.sight import Sight
from golive.ship.judge.domain.steps import Step
from golive.ship.judge.domain.units import Clients, Units
from golive.ship.judge.domain.windows import Recent

FAR_PAST: Final = -1e18
FAULTS: Final = ("crash_loop", "database_connection", "readiness_lost")  # what says most comes first
HANGS: Final = "unanswered"
FRESH_FAULT: Final = 15.0  # s for which a report of a fault counts


@checkpointed
@dataclass(slots=True)
class Standing:
    """State of one case: one release against the one it replaces (None: a first deployment)."""

    config: Config
    new: str
    old: str | None
    books: Ledger
    state: str = "BASELINE"
    now: float = FAR_PAST
    share: float = 0.0
    switched: float = FAR_PAST  # last change of weights
    stepped: float = FAR_PAST  # new last got more traffic
    marked: float = FAR_PAST  # last migration or step of this release
    mark_window: float = 0.0
    grace: float = 0.0
    units: Units = field(default_factory=Units)
    sight: Sight = field(default_factory=Sight)
    series: Series = field(default_factory=Series)
    step: Step | None = None
    case: Confirmation | None = None
    resumed: dict[str, int] = field(default_factory=dict)  # kind of trouble -> RESUMEs used
    asked: dict[str, bool] = field(default_factory=dict)
    holds: int = 0
    answers_late: bool = False  # what was taken for hanging was slow: it is judged by its answers from now on
    held_at: float = 0.0
    calm_since: float | None = None
    began: bool = False
    raw: list[int] = field(default_factory=lambda: [0, 0])  # old's attempts on the suspected routes, this second
    lately: Recent = field(default_factory=lambda: Recent(30.0))
    tries: dict[str, int] = field(default_factory=dict)  # request -> side on which it failed first
    faults: dict[str, float] = field(default_factory=dict)  # "side kind" -> last report
    seen: int = 0
    unjudged: list[int] = field(default_factory=lambda: [0, 0])  # attempts on unknown routes, failed
    missed: dict[str, dict[str, bool]] = field(
        default_factory=dict
    )  # unknown route -> visitors of new for whom it failed
    blind: bool = False
    reason: str = "baseline"
    sentence: str = "The old release's traffic is being learned."
    numbers: dict[str, Number] = field(default_factory=dict)

    def side(self, release: str) -> int | None:
        """NEW, OLD, or None for other releases."""
        return NEW if release == self.new else OLD if release == self.old else None

    def weigh(self, t: float) -> None:
        """The running second's counts become evidence."""
        unit = self.books.unit
        if self.step is not None:
            for side in (NEW, OLD):
                self.step.n[side] += max(unit.n[side], unit.e[side])
                self.step.e[side] += unit.e[side]
            self.step.timed += self.books.timed[NEW]
        self.books.weigh(t)

    def restart(self, t: float) -> None:
        """New evidence, new alpha and new accounts of the clients; what was learned about old stays."""
        self.units.clients, self.units.prefixes = Clients(), Clients()
        books = self.books
        fresh = Ledger.start(self.config, books.base, t, books.late)
        fresh.raised, fresh.own = books.raised, books.own
        fresh.watch_suspects(books.second, t)
        self.books, self.state, self.case, self.calm_since = fresh, "WATCH", None, None

    def say(self, reason: str, sentence: str, numbers: dict[str, Number] | None = None) -> None:
        """What `verdict` answers from now on."""
        self.reason, self.sentence, self.numbers = reason, sentence, numbers or {}
