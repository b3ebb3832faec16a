"""The only ways to a ROLLBACK: each compares new with old at the same moment or with the same visitors."""

from __future__ import annotations

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
    if case.kind not in ("errors", "mix") and t - stepped < config.cold:
        return ""
    if _probes_prove(case, config, t):
        return "probes_fail_on_new"
    if case.relative < config.relative_at:
        return ""
    if _crossover_proves(case, config, t):
        return "recovered_on_old"
    return "back_after_resume" if _is_back(case, books, config) else ""


def _probes_prove(case: Confirmation, config: Config, t: float) -> bool:
    """The owner's probes fail on new only, in both looks and until now.

    Probes are asked in pairs, so they compare the same moment: the weaker look counts towards E_rel.
    """
    look = case.probes
    if look < config.probe_at or t - case.last_bad > 7:
        return False
    relative = max(case.relative, 0.5)
    return relative * look >= config.relative_at and relative * look * look >= config.blame_at


def _is_back(case: Confirmation, books: Ledger, config: Config) -> bool:
    """After RESUME the same failures were there from the first second."""
    if not case.again or case.kind == "mix" or books.second is None or case.crossover <= -1:
        return False
    return books.second.proves(config)


def _crossover_proves(case: Confirmation, config: Config, t: float) -> bool:
    """The visitors of new recovered on old, and what they had there was no hiccup."""
    lasted = case.lasting and t - case.first >= config.lasted
    return lasted and case.crossover >= 3 and case.gained >= config.blame_at


def may_be_back(books: Ledger) -> bool:
    """After RESUME it is not yet settled that the trouble is over: no time for more traffic."""
    again = books.second
    if again is None or again.kind == "mix":
        return False
    return again.value() > 0.5
