"""The only ways to a ROLLBACK: each compares new with old at the same moment or with the same visitors."""

from __future__ import annotations

from golive.ship.judge.domain.baseline import FAILURES, UNITS
from golive.ship.judge.domain.config import Config
from golive.ship.judge.domain.confirmation import Confirmation
from golive.ship.judge.domain.ledger import Ledger


def blame(case: Confirmation, books: Ledger, config: Config, t: float, stepped: float) -> str:
    """Slug of the ground for blame, "" while there is none.

    `stepped` is when new last got more traffic: a cold start is slow, and that is no proof.  Only a hard fault that
    old does not have needs no relative evidence.
    """
    if case.fault is not None and case.fault - case.t >= config.settle:
        return "fault_stays"
    if case.relative < config.relative_at or (
        case.kind not in ("errors", "mix") and t - stepped < config.cold
    ):
        return ""
    if _crossover_proves(case, config, t):
        return "recovered_on_old"
    if case.kind == "mix":
        return ""
    probes = case.probes
    still = t - case.last_bad <= 7
    if probes >= config.probe_at and still and case.relative * probes * probes >= config.blame_at:
        return "probes_fail_on_new"
    return "back_after_resume" if _is_back(case, books, config) else ""


def _is_back(case: Confirmation, books: Ledger, config: Config) -> bool:
    """After RESUME the same failures were there from the first second."""
    if not case.again or books.second is None or case.crossover <= -1:
        return False
    return books.second.value(recurrence_bar(case, books)) >= config.again_at


def _crossover_proves(case: Confirmation, config: Config, t: float) -> bool:
    """The visitors of new recovered on old, and what they had there was no hiccup."""
    lasted = case.lasting and t - case.first >= config.lasted
    return lasted and case.crossover >= 3 and case.gained >= config.blame_at


def recurrence_bar(case: Confirmation, books: Ledger) -> float:
    """The rate that "back after RESUME" has to beat: 1.5 x the live control (200 s mean)."""
    base = books.base
    if case.kind != "errors":
        return 2 * case.usual
    if not case.control:
        return books.bar()
    live = base.rates[2]
    return min(0.6, 1.5 * max(live[FAILURES] / (live[UNITS] + 10), base.rate, 0.003))
