"""CONFIRMING: users are safe on old, the case is read."""

from __future__ import annotations

from typing import Final

from golive.ship.judge.domain import words
from golive.ship.judge.domain.blame import blame
from golive.ship.judge.domain.confirmation import SILENCE, Confirmation
from golive.ship.judge.domain.facts import NEW, OLD, Action, ActionKind
from golive.ship.judge.domain.holding import held
from golive.ship.judge.domain.record import end, resume
from golive.ship.judge.domain.recurrence import Again
from golive.ship.judge.domain.routes import probe_template
from golive.ship.judge.domain.standing import FAULTS, FRESH_FAULT, HANGS, Standing

CLEAN_AFTER: Final = 20.0  # s after which a suspicion that old does not share may be tried again
GIVEN_UP: Final = 20.0  # s after which every request from before the pull has ended: the edge waits 15 s
FEW_COME: Final = 40.0  # s after which the cohort, coming seldom, ...
WELL: Final = 1.0  # ... does well enough on old at this log LR: waiting for more could prove nothing
CAME_BACK: Final = "The same trouble came back and could not be proved to be the release's: a person decides."


def confirm(s: Standing, t: float) -> list[Action]:
    """Blame, hold, resume, ask, or go on looking."""
    case, config = s.case, s.config
    if case is None:
        return []
    if case.reason == HANGS:
        return _hanging(s, case, t)
    if case.reason in FAULTS and s.faults.get(f"{OLD} {case.reason}", -1e18) >= case.t - FRESH_FAULT:
        return held(s, t, "old_is_bad")
    ground = blame(case, s.books, config, t, s.stepped)
    if ground:
        return end(s, t, ActionKind.ROLLBACK, ground, words.BLAMES[ground])
    gone = case.crossover
    if case.old_is_sick or (gone <= -config.shared_at and case.e >= 3):
        return held(s, t, "old_is_bad" if case.old_is_sick else "cohort_fails_on_old")
    if s.blind:
        return []
    cleared = case.asked[NEW] >= 100 and max(x.value() for x in case.looks) < 0.2
    may_prove = case.lasting and case.relative >= config.relative_at
    waited = t - case.t
    well = 3.0 if waited < FEW_COME else WELL
    recovered = not may_prove and gone >= well and case.last_bad < t - SILENCE - 3
    if waited >= config.confirm or (waited >= CLEAN_AFTER and (cleared or recovered or case.deserted(t))):
        return _not_confirmed(s, case, t)
    return _probes(s, case, t)


def _hanging(s: Standing, case: Confirmation, t: float) -> list[Action]:
    """By now the edge has given up what was not answered, or it was answered after all.

    Fresh processes that hang as well, while old answers all the time, rule out what may befall any process once.
    """
    if t - case.t < GIVEN_UP or s.blind:
        return []
    if case.old_hangs:
        return held(s, t, "old_is_bad")
    if case.came:
        s.answers_late = True
        return resume(
            s, t, "answers_late", "The answers came after all: from now on it is judged by how late they are."
        )
    if not case.hung:
        return _not_over(s, t) if t - case.t >= s.config.confirm else []
    if s.resumed.get(HANGS):
        return end(s, t, ActionKind.ROLLBACK, "hangs_again", words.BLAMES["hangs_again"])
    s.resumed[HANGS] = 1
    return resume(s, t, "not_answered", "None of that was ever answered: fresh processes show whether it stays so.")


def _not_over(s: Standing, t: float) -> list[Action]:
    """Routes without a limit for a try, clients that leave early: waiting on would teach nothing."""
    if s.resumed.get("not_known"):
        return end(s, t, ActionKind.ASK, "came_back", CAME_BACK)
    s.resumed["not_known"] = 1
    sentence = "It is not known whether that was answered: the release may try again, at a small share."
    return resume(s, t, "not_known", sentence)


def _not_confirmed(s: Standing, case: Confirmation, t: float) -> list[Action]:
    kind = case.reason if case.reason in FAULTS else case.kind
    tries = s.resumed.get(kind, 0)
    if tries >= s.config.tries or (tries and not _worth_a_try(s, case)):
        return end(s, t, ActionKind.ASK, "came_back", CAME_BACK)
    s.resumed[kind] = tries + 1
    if case.again and s.books.second is not None:
        s.books.second.tries += 1
    else:
        s.books.second = Again(case.kind, case.routes, case.before, case.before_all, case.times, t, case.well_at_first)
    if case.kind in ("p90", "p99", "slo"):
        s.grace = s.config.cold  # it was a cold start: wait longer next time
    return resume(
        s,
        t,
        "not_confirmed",
        "The suspicion was not confirmed: the release may try again, at a small share.",
    )


def _worth_a_try(s: Standing, case: Confirmation) -> bool:
    """Whether new was worse than old at the same moment, and only a burst of hiccups is left as an excuse."""
    return case.again and case.kind != "mix" and case.relative >= s.config.relative_at


def _probes(s: Standing, case: Confirmation, t: float) -> list[Action]:
    config = s.config
    hidden = case.kind not in ("errors", "mix") and t - s.stepped < config.cold
    if not config.probes or hidden or case.kind == "mix" or case.look(t, config.settle) is None:
        return []
    listed = [p for p in config.probes if probe_template(p) in case.routes] or list(config.probes)
    first = int(t) * config.probes_per_tick
    sentence = "Asking both releases what the owner listed."
    return [
        Action(t, ActionKind.PROBE, "confirming", sentence, route=listed[(first + i) % len(listed)])
        for i in range(config.probes_per_tick)
    ]
