"""The decisions: pull, confirm, hold, resume, advance."""

from __future__ import annotations

import math
from typing import Final

from golive.ship.judge.domain import words
from golive.ship.judge.domain.baseline import SLOW, TIMED
from golive.ship.judge.domain.blame import blame, may_be_back, recurrence_bar
from golive.ship.judge.domain.confirmation import Again, Confirmation, outlasts
from golive.ship.judge.domain.evidence import RelativeEvidence
from golive.ship.judge.domain.facts import NEW, OLD, Action, ActionKind, Number
from golive.ship.judge.domain.ledger import Ledger, Seen
from golive.ship.judge.domain.routes import probe_template
from golive.ship.judge.domain.standing import Standing
from golive.ship.judge.domain.status_mix import CATEGORIES

FAULTS: Final = ("crash_loop", "readiness_lost", "database_connection")
FRESH_FAULT: Final = 15.0  # s for which a report of a fault counts
MOST_TIMES: Final = 64
CLEAN_AFTER: Final = 20.0  # s after which a suspicion that old does not share may be tried again
WITHOUT_CONTROL: Final = 0.9  # share above which too little of old is left to wait for
PATIENCE: Final = 600.0  # s of HELD after which the trouble counts as the new normal


def blindness(s: Standing, t: float) -> list[Action]:
    """HOLD once when the log has fallen silent."""
    was, s.blind = s.blind, bool(s.sight.blind)
    if not s.blind or was:
        return []
    which = "new" if s.sight.blind == s.new else "old"
    sentence = (
        f"The edge serves requests of the {which} release, but its log says nothing about them."
    )
    return [Action(t, ActionKind.HOLD, "blind", sentence, {"release": s.sight.blind})]


def four(value: float) -> float:
    """Evidence for the record: four digits, never infinite."""
    return float(f"{min(value, 1e30):.4g}")


def numbers(s: Standing) -> dict[str, Number]:
    """The figures behind any decision."""
    total, unit = s.books.sum, s.step
    out: dict[str, Number] = {
        "evidence": four(total.all),
        "relative": four(s.books.relative(total.family)),
        "share": s.share,
    }
    if unit is not None:
        out |= {
            "new_units": unit.n[NEW],
            "new_failed": unit.e[NEW],
            "old_units": unit.n[OLD],
            "old_failed": unit.e[OLD],
        }
    if s.case is not None:
        case = s.case
        out |= {
            "kind": case.kind,
            "relative": four(case.relative),
            "clients": case.clients,
            "crossover": four(case.crossover),
            "cohort_units": case.n,
            "cohort_failed": case.e,
            "probes": four(case.probes),
            "waited": round(s.now - case.t, 1),
        }
    return out


# ---- WATCH
def watch(s: Standing, t: float) -> list[Action]:
    """Pull, move on, or wait."""
    books, total = s.books, s.books.sum
    if total.all < 2:
        books.forget_episode(t)
    reason = _fault(s, t) or books.rule or _suspicion(s)
    if s.old is None:
        return _first_deployment(s, t, reason)
    if not reason and _old_is_bad(s, t):
        return _shared_trouble(s, t)
    if reason and s.share > 0:
        return _pull(s, t, reason)
    return _advance(s, t)


def _fault(s: Standing, t: float) -> str:
    for kind in FAULTS:
        if t - s.faults.get(f"{NEW} {kind}", -1e18) <= FRESH_FAULT:
            return kind
    return ""


def _seen(books: Ledger, family: str) -> Seen:
    return {"errors": books.failures, "slow": books.slowness, "mix": books.mixed}[family]


def _enough(seen: Seen) -> bool:
    return len(seen) >= 3 and len({client for _, client in seen}) >= 2


def _suspicion(s: Standing) -> str:
    books, total = s.books, s.books.sum
    if total.all >= s.config.pull_at and _enough(_seen(books, total.family)):
        return "evidence" if _comparable(s) else ""
    again = books.second
    if (
        again is not None
        and again.kind == "errors"
        and books.relative("errors") >= s.config.relative_at
    ):
        bar = recurrence_bar("errors", books, control=books.control)
        several = len({client for _, client in books.failures}) >= 2
        if several and again.value(bar) >= s.config.pull_at:
            return "back"
    return ""


def _comparable(s: Standing) -> bool:
    """Whether a pull now leaves something to prove blame with.

    Absolute evidence alone never blames, and at half the traffic it comes a failure or two before the comparison:
    wait for that, but not beyond a few failed units.
    """
    books, config, family = s.books, s.config, s.books.sum.family
    if family == "mix" or s.share > WITHOUT_CONTROL:
        return True
    if books.relative(family) >= config.relative_at:
        return True
    patience = config.patience_again if books.second is not None else config.patience
    if family == "slow":
        return books.episode.slow["p90"] >= 3 * patience
    return sum(e for _, e in books.episode.units.values()) >= patience


def _old_is_bad(s: Standing, t: float) -> bool:
    books = s.books
    if books.trouble.value() < s.config.pull_at or not _enough(books.old_failures):
        return False
    if books.relative("errors") >= s.config.relative_at:
        return False  # new is worse still: the crossover tells
    if s.share > 0 and not _new_is_bad_too(s, t):
        return False
    return s.share > 0 or t - s.marked <= s.mark_window


def _new_is_bad_too(s: Standing, t: float) -> bool:
    """Within the last 30 s new failed at least 0.3 times as often as old: else old alone is bad, and a pull hurts."""
    new = sum(t - at <= 30 for at, _ in s.books.failures)
    old = sum(t - at <= 30 for at, _ in s.books.old_failures)
    return new >= max(1.0, 0.3 * old * min(s.share / max(1 - s.share, 0.03), 1.0))


def _first_deployment(s: Standing, t: float, reason: str) -> list[Action]:
    """There is nothing to go back to: go on serving, and tell a person once."""
    if not reason:
        return _advance(s, t)
    kind = s.books.sum.family if reason in ("evidence", "back") else reason
    if kind in s.asked:
        return []
    s.asked[kind] = True
    what = words.FAULTS.get(reason) or f"The first release is in trouble ({words.FAMILIES[kind]})."
    sentence = f"{what} There is no older release to go back to: it goes on serving."
    s.say("first_deployment", sentence, numbers(s))
    return [Action(t, ActionKind.ASK, "first_deployment", sentence, numbers(s))]


def _open_case(s: Standing, t: float, reason: str) -> Confirmation:
    books, total, family = s.books, s.books.sum, s.books.sum.family
    kind = total.slow_kind if family == "slow" else family
    seen = _seen(books, family)
    start = books.episode.began - 15
    times = [x for x, _ in seen if x >= start][-MOST_TIMES:]
    routes, what, before, usual = _what_is_wrong(books, kind)
    cold = family == "slow" and t - s.stepped < s.config.cold
    again = books.second if books.second is not None and books.second.kind == kind else None
    first = times[0] if times else t
    if again is not None:
        times = [*again.times, *times][-MOST_TIMES:]
    return Confirmation(
        t=t,
        kind=kind,
        routes=routes,
        what=what,
        relative=1.0 if cold else books.relative(family),
        clients=len({client for _, client in seen}),
        first=first,
        times=tuple(times),
        lasting=outlasts(times, s.config.blip),
        before=before,
        before_all=books.episode.error_rate(books.episode.units) if kind == "errors" else before,
        usual=usual,
        again=again is not None,
        control=books.control,
        reason=reason,
        share=s.share,
        looks=[RelativeEvidence(t), RelativeEvidence(t)],
    )


def _what_is_wrong(books: Ledger, kind: str) -> tuple[dict[str, bool], int, float, float]:
    """Suspected routes, category, share of bad units on new there, and what is normal there."""
    episode, total = books.episode, books.sum
    if kind == "mix":
        worst = books.mix.worst()
        if worst is None:
            return {}, 0, 0.5, 0.01
        route, what, new, old = worst
        stream = books.routes[route]
        seen = max(episode.units.get(route, [0, 0])[0], new, 1)
        return (
            {route: True},
            what,
            min((new + 0.5) / (seen + 1), 0.97),
            (old + 0.5) / (max(stream.x[OLD], old) + 1),
        )
    if kind != "errors":
        return {}, 0, episode.slow_rate(kind), books.base.usual(kind)
    routes = {r: True for r, (_, e) in episode.units.items() if e}
    compared = {r: x.relative.value() for r, x in books.routes.items() if x.relative is not None}
    barred = {r: x.absolute.value() for r, x in books.routes.items() if x.absolute is not None}
    loud = max(total.part(("routes",)), total.part(("abs_routes",)))
    best = compared if total.part(("routes",)) >= total.part(("abs_routes",)) else barred
    if best and loud > total.part(("unit", "client", "absolute")) / 2:
        routes = {max(best, key=lambda r: best[r]): True}
    return routes, 0, episode.error_rate(routes), books.base.rate


def _pull(s: Standing, t: float, reason: str) -> list[Action]:
    s.case = _open_case(s, t, reason)
    s.state = "CONFIRMING"
    fault = words.FAULTS.get(reason)
    sentence = f"{fault} Users are back on the old release." if fault else words.suspicion(s.case)
    s.say(reason, sentence, numbers(s))
    return [Action(t, ActionKind.PULL, reason, sentence, numbers(s))]


def _shared_trouble(s: Standing, t: float) -> list[Action]:
    case = _open_case(s, t, "old_is_bad")
    case.kind = "errors"
    case.routes = {r: True for r, x in s.books.routes.items() if x.live[0].e > 0.5}
    s.case = case
    actions = []
    if s.share > 0:
        sentence = (
            "The old release is failing too; the new one is out of traffic until that is over."
        )
        actions.append(Action(t, ActionKind.PULL, "old_is_bad", sentence, numbers(s)))
    return actions + _held(s, t, "old_is_bad")


def _advance(s: Standing, t: float) -> list[Action]:
    step = s.step
    if step is None or step.said or s.blind or s.share <= 0 or t - step.t < step.at_least:
        return []
    if t - step.t < 3 * step.at_most and may_be_back(s.books):
        return []
    bound, suspicion = step.difference_bound(), s.books.sum.all
    facts = numbers(s) | {"bound": four(bound), "margin": s.config.margin}
    if bound <= s.config.margin and suspicion < 3:
        sentence = f"The new release fails at most {words.percent(max(bound, 0.0))} more requests than the old one."
        return _move_on(s, Action(t, ActionKind.ADVANCE, "clean", sentence, facts))
    if t - step.t < step.at_most:
        return []
    smallest = step.detectable(t)
    facts["detectable"] = None if smallest is None else four(smallest)
    sentence = words.undetectable(smallest, step.n[NEW], words.percent(s.share))
    return _move_on(s, Action(t, ActionKind.ADVANCE, "inconclusive", sentence, facts))


def _move_on(s: Standing, action: Action) -> list[Action]:
    if s.step is not None:
        s.step.said = True
    s.say(action.reason, action.sentence, action.numbers)
    return [action]


# ---- CONFIRMING
def confirm(s: Standing, t: float) -> list[Action]:
    """Blame, hold, resume, ask, or go on looking."""
    case, config = s.case, s.config
    if case is None:
        return []
    if (
        case.reason in FAULTS
        and s.faults.get(f"{OLD} {case.reason}", -1e18) >= case.t - FRESH_FAULT
    ):
        return _held(s, t, "old_is_bad")
    ground = blame(case, s.books, config, t, s.stepped)
    if ground:
        return _end(s, t, ActionKind.ROLLBACK, ground, words.BLAMES[ground])
    gone = case.crossover
    if case.old_is_sick or (gone <= -config.shared_at and case.e >= 3):
        return _held(s, t, "old_is_bad" if case.old_is_sick else "cohort_fails_on_old")
    if s.blind:
        return []
    cleared = case.asked[NEW] >= 100 and max(x.value() for x in case.looks) < 0.2
    recovered = (
        gone >= 3
        and case.last_bad < t - 8
        and not (case.lasting and case.relative >= config.relative_at)
    )
    waited = t - case.t
    if waited >= config.confirm or (waited >= CLEAN_AFTER and (cleared or recovered)):
        return _not_confirmed(s, case, t)
    return _probes(s, case, t)


def _not_confirmed(s: Standing, case: Confirmation, t: float) -> list[Action]:
    kind = case.reason if case.reason in FAULTS else case.kind
    if s.resumed.get(kind):
        sentence = "The same trouble came back and could not be proved to be the release's: a person decides."
        return _end(s, t, ActionKind.ASK, "came_back", sentence)
    s.resumed[kind] = 1
    s.books.second = Again(case.kind, case.routes, case.before, case.before_all, case.times)
    if case.kind in ("p90", "p99", "slo"):
        s.grace = s.config.cold  # it was a cold start: wait longer next time
    return _resume(
        s,
        t,
        "not_confirmed",
        "The suspicion was not confirmed: the release may try again, at the smallest share.",
    )


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


# ---- HELD
def _held(s: Standing, t: float, reason: str) -> list[Action]:
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
        return _end(s, t, ActionKind.ASK, "held_again", sentence)
    if s.books.second is not None:
        s.books.second.forget()
    return _resume(s, t, "both_well", "Both releases have been well for 30 s: the release goes on.")


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


def _resume(s: Standing, t: float, reason: str, sentence: str) -> list[Action]:
    facts = numbers(s) | {"to": "smallest share"}
    s.restart(t)
    s.began = False
    s.say(reason, sentence, facts)
    return [Action(t, ActionKind.RESUME, reason, sentence, facts)]


def _end(s: Standing, t: float, kind: ActionKind, reason: str, sentence: str) -> list[Action]:
    facts = numbers(s)
    s.state = "ROLLED_BACK" if kind is ActionKind.ROLLBACK else "ASKED"
    s.say(reason, sentence, facts)
    return [Action(t, kind, reason, sentence, facts)]


def category_name(case: Confirmation) -> str:
    """The status category under suspicion, for the page."""
    return CATEGORIES[case.what] if case.kind == "mix" else ""
