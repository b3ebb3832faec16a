"""ADVANCE: a step may move on."""

from __future__ import annotations

from typing import Final

from golive.ship.judge.domain import words
from golive.ship.judge.domain.blame import may_be_back
from golive.ship.judge.domain.facts import NEW, Action, ActionKind
from golive.ship.judge.domain.limits import limits
from golive.ship.judge.domain.record import four, numbers
from golive.ship.judge.domain.standing import Standing
from golive.ship.judge.domain.steps import Step

PLAINLY: Final = 0.05  # failure share


def advance(s: Standing, t: float) -> list[Action]:
    """Say once per step that it may move on: clean, or inconclusive after its longest time."""
    step = s.step
    if step is None or step.said or s.blind or s.share <= 0 or t - step.t < step.at_least:
        return []
    if t - step.t < 3 * step.at_most and may_be_back(s.books):
        return []
    bound, suspicion = step.difference_bound(), s.books.sum.all
    facts = numbers(s) | {"bound": four(bound), "margin": s.config.margin}
    if bound <= s.config.margin and suspicion < 3:
        sentence = f"The new release fails at most {words.percent(max(bound, 0.0))} more requests than the old one."
        return _move_on(s, Action(t, ActionKind.ADVANCE, "clean", sentence + _hidden(s), facts))
    if t - step.t < step.at_most or step.may_hang(t) or _fails(s, step, t):
        return []
    smallest = step.detectable(t)
    facts["detectable"] = None if smallest is None else four(smallest)
    sentence = words.undetectable(smallest, step.n[NEW], words.percent(s.share))
    sentence += "" if smallest is None else _hidden(s)
    return _move_on(s, Action(t, ActionKind.ADVANCE, "inconclusive", sentence, facts))


def _fails(s: Standing, step: Step, t: float) -> bool:
    """Whether new fails far more than usual, whoever is to blame: that is soon pulled or held, not given more users."""
    usual = max(PLAINLY, 3 * s.books.base.rate)
    return step.e[NEW] >= 3 and step.e[NEW] > usual * step.n[NEW] and t - step.t < 3 * step.at_most


def _hidden(s: Standing) -> str:
    known = limits(s)
    return f" {known.sentence}" if known is not None and known.sentence else ""


def _move_on(s: Standing, action: Action) -> list[Action]:
    if s.step is not None:
        s.step.said = True
    s.say(action.reason, action.sentence, action.numbers)
    return [action]
