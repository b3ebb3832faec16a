"""HELD: old is bad too, nobody is blamed."""

from __future__ import annotations

import math
from typing import Final

from golive.ship.judge.domain.baseline import SLOW, TIMED
from golive.ship.judge.domain.confirmation import Confirmation
from golive.ship.judge.domain.facts import BOTH_WELL, Action, ActionKind
from golive.ship.judge.domain.record import end, four, numbers, resume
from golive.ship.judge.domain.standing import Standing

PATIENCE: Final = 600.0  # s of HELD after which the trouble counts as the new normal


def held(s: Standing, t: float, reason: str) -> list[Action]:
    """Enter HELD; say so when the trouble began with the release."""
    case = s.case
    if case is not None and case.n >= 20 and case.kind in s.books.raised:
        learned = min(0.5, 1.5 * (case.e + 1 + 1.64 * math.sqrt(case.e + 1)) / case.n)
        s.books.raised[case.kind] = max(s.books.raised[case.kind], learned)
    s.state, s.held_at, s.calm_since = "HELD", t, None
    s.holds += 1
    onset = _onset(s, t)
    s.began = 0 <= onset - s.marked <= s.mark_window
    if s.began:
        reason = "began_with_release"
        sentence = (
            "Both releases got bad just after this release changed something: it stays out of traffic and a person "
            "decides."
        )
    else:
        sentence = "The old release is bad too: no release is blamed. It goes on when both have been well for 30 s."
    facts = numbers(s) | {"onset": round(onset, 1), "trouble": four(s.books.trouble.value())}
    s.say(reason, sentence, facts)
    return [Action(t, ActionKind.HELD, reason, sentence, facts)]


def _onset(s: Standing, t: float) -> float:
    """When old's present trouble began: back along its failures while they follow each other within 10 s."""
    onset = t
    for at, _ in reversed(s.books.old_failures):
        if onset - at > 10:
            break
        onset = min(onset, at)
    return onset


def hold(s: Standing, t: float) -> list[Action]:
    """After a calm time go on, except when the trouble began with the release."""
    case, config = s.case, s.config
    if case is None or s.began or s.blind or not _calm(s, case, t):
        s.calm_since = None
        return []
    if s.calm_since is None:
        s.calm_since = t
    errors = case.kind in ("errors", "mix")
    if t - s.held_at < config.calm or (not errors and t - s.calm_since < config.calm):
        return []
    if s.holds > config.holds:
        sentence = "Both releases have been in trouble again and again: a person decides."
        return end(s, t, ActionKind.ASK, "held_again", sentence)
    if s.books.second is not None:
        s.books.second.forget(t)
    return resume(s, t, BOTH_WELL, "Both releases have been well for 30 s: the release goes on.")


def _calm(s: Standing, case: Confirmation, t: float) -> bool:
    """Over the last 30 s, counting every attempt on the suspected routes: caps would hide an outage."""
    base, patient = s.books.base, t - s.held_at >= PATIENCE
    if case.kind not in ("errors", "mix"):
        rate = base.rates[1]
        taught = s.books.raised["p90"] if patient else 0.0
        return rate[SLOW] / (rate[TIMED] + 10) <= max(0.2, taught)
    total, failed = s.lately.sums
    if total < 3:
        return patient and failed == 0
    taught = s.books.raised["errors"] if patient else 0.0
    return failed <= max(0.02, 2 * base.rate, taught) * total
