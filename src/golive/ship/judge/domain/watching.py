"""WATCH: pull, move on, or wait."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from golive.ship.judge.domain import words
from golive.ship.judge.domain.advancing import advance
from golive.ship.judge.domain.config import Config
from golive.ship.judge.domain.confirmation import Confirmation, outlasts
from golive.ship.judge.domain.evidence import RelativeEvidence
from golive.ship.judge.domain.facts import NEW, OLD, Action, ActionKind
from golive.ship.judge.domain.holding import held
from golive.ship.judge.domain.ledger import Ledger, Seen
from golive.ship.judge.domain.record import numbers
from golive.ship.judge.domain.recurrence import not_yet
from golive.ship.judge.domain.standing import FAULTS, FRESH_FAULT, HANGS, Standing

WITHOUT_CONTROL: Final = 0.9  # share above which too little of old is left to wait for
MOST_TIMES: Final = 64
FAMILY: Final = {"p90": "slow", "p99": "slow", "slo": "slow"}
LONGEST_WAIT: Final = 60.0  # s from the first failure of a suspicion to its pull


def watch(s: Standing, t: float) -> list[Action]:
    """Pull, move on, or wait."""
    books, total = s.books, s.books.sum
    if total.all < 2:
        books.forget_episode(t)
    reason = _fault(s, t) or books.rule or _suspicion(s) or _silence(s)
    if s.old is None:
        return _first_deployment(s, t, reason)
    if not reason and _old_is_bad(s, t):
        return _shared_trouble(s, t)
    if reason and s.share > 0:
        return _pull(s, t, reason)
    return advance(s, t)


def blindness(s: Standing, t: float) -> list[Action]:
    """HOLD once when the log has fallen silent."""
    was, s.blind = s.blind, bool(s.sight.blind)
    if not s.blind or was:
        return []
    which = "new" if s.sight.blind == s.new else "old"
    sentence = f"The edge serves requests of the {which} release, but its log says nothing about them."
    return [Action(t, ActionKind.HOLD, "blind", sentence, {"release": s.sight.blind})]


def _fault(s: Standing, t: float) -> str:
    for kind in FAULTS:
        if t - s.faults.get(f"{NEW} {kind}", -1e18) <= FRESH_FAULT:
            return kind
    return ""


def _silence(s: Standing) -> str:
    hangs = s.old is not None and s.share > 0 and not s.answers_late and s.sight.hangs(s.new, s.old)
    return HANGS if hangs else ""


def _seen(books: Ledger, family: str) -> Seen:
    return {"errors": books.failures, "slow": books.slowness, "mix": books.mixed}[family]


def _enough(seen: Collection[tuple[float, str]]) -> bool:
    return len(seen) >= 3 and len({client for _, client in seen}) >= 2


def _suspicion(s: Standing) -> str:
    books, total = s.books, s.books.sum
    if total.all >= s.config.pull_at and _enough(_seen(books, total.family)):
        return "evidence" if _comparable(s, s.now) else ""
    again = books.second
    if again is not None and again.kind == "errors" and books.relative("errors") >= s.config.relative_at:
        several = len({client for _, client in books.failures}) >= 2
        if several and again.value() >= s.config.pull_at:
            return "back"
    return ""


def _comparable(s: Standing, t: float) -> bool:
    """Whether a pull now leaves something to prove blame with.

    Absolute evidence alone never blames, and at half the traffic it comes a failure or two before the comparison:
    wait for that, but not beyond a few failed units, nor for long: few clients never fail so many.  Slowness without a
    control has to outlast a burst, such as a busy neighbour makes: nobody fails meanwhile.
    """
    books, config, family = s.books, s.config, s.books.sum.family
    if s.share > WITHOUT_CONTROL and family == "slow":
        return outlasts((at for at, _ in books.slowness if at >= books.episode.began - 1), config.blip, 1)
    if family == "mix" or s.share > WITHOUT_CONTROL:
        return True
    again = books.second
    provable = again is None or FAMILY.get(again.kind, again.kind) != family or again.proves(config)
    if books.relative(family) >= config.relative_at and provable:
        return True
    first = next((at for at, _ in _seen(books, family) if at >= books.episode.began - 15), t)
    if t - first >= LONGEST_WAIT:
        return True
    patience = config.patience if again is None else config.patience_again
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
    """Within the last 30 s both failed, and new at least 0.3 times as often as old.

    Else old alone is bad and a pull would hurt, or it is over: evidence of the past fades slowly.
    """
    new = [x for x in s.books.failures if t - x[0] <= 30]
    old = sum(t - at <= 30 for at, _ in s.books.old_failures)
    expected = old * min(s.share / max(1 - s.share, 0.03), 1.0)
    return old >= 3 and _enough(new) and len(new) >= 0.3 * expected


def _first_deployment(s: Standing, t: float, reason: str) -> list[Action]:
    """There is nothing to go back to: go on serving, and tell a person once."""
    if not reason:
        return advance(s, t)
    kind = s.books.sum.family if reason in ("evidence", "back") else reason
    if kind in s.asked:
        return []
    s.asked[kind] = True
    what = words.FAULTS.get(reason) or f"It is in trouble ({words.FAMILIES[kind]})."
    sentence = f"{what} There is no other release in sight to go back to: it goes on serving."
    facts = numbers(s) | {"kind": kind}
    s.say("first_deployment", sentence, facts)
    return [Action(t, ActionKind.ASK, "first_deployment", sentence, facts)]


def _open_case(s: Standing, t: float, reason: str) -> Confirmation:
    books, family = s.books, s.books.sum.family
    kind = _kind(books)
    seen = _seen(books, family)
    start = books.episode.began - 15
    times = [x for x, _ in seen if x >= start][-MOST_TIMES:]
    routes, what, before, usual = _what_is_wrong(books, kind)
    cold = family == "slow" and t - s.stepped < s.config.cold
    again = books.second if books.second is not None and books.second.kind == kind else None
    first = times[0] if times else t
    like_hiccups = again is not None and kind != "mix" and again.value() < 1
    hiccups = 3 if like_hiccups else 2
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
        lasting=outlasts(times, s.config.blip, hiccups),
        before=before,
        before_all=books.episode.error_rate(books.episode.units) if kind == "errors" else before,
        usual=usual,
        again=again is not None,
        control=books.control,
        reason=reason,
        share=s.share,
        looks=[RelativeEvidence(t), RelativeEvidence(t)],
    )


def _kind(books: Ledger) -> str:
    """What is suspected; slowness that is back is the same trouble, whichever limit speaks loudest now."""
    again = books.second
    if books.sum.family != "slow":
        return books.sum.family
    return again.kind if again is not None and again.kind in FAMILY else books.sum.slow_kind


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


def _was_well(books: Ledger, case: Confirmation, config: Config) -> bool:
    """Whether what new did before this episode proves that it had no such trouble then; as `Again` weighs it."""
    if case.kind == "mix":
        return False
    p0, before = books.recurrence_bar(case.kind), books.earlier
    suspected = not_yet(case.before, *before.counts(case.kind, case.routes), p0)
    on_all = not_yet(case.before_all, *before.counts(case.kind, before.units), p0)
    return (suspected + on_all) / 2 >= config.well_at


def _pull(s: Standing, t: float, reason: str) -> list[Action]:
    s.case = case = _open_case(s, t, reason)
    case.well_at_first = _was_well(s.books, case, s.config)
    if reason == HANGS:  # nothing has failed yet, so it is any failure of old that tells of trouble of both
        case.kind, case.routes = "errors", dict.fromkeys(s.books.base.routes, True)
        case.unanswered = s.sight.unanswered_share(s.old or "")
    s.state = "CONFIRMING"
    fault = words.FAULTS.get(reason)
    sentence = f"{fault} Users are back on the old release." if fault else words.suspicion(case)
    s.say(reason, sentence, numbers(s))
    return [Action(t, ActionKind.PULL, reason, sentence, numbers(s))]


def _shared_trouble(s: Standing, t: float) -> list[Action]:
    case = _open_case(s, t, "old_is_bad")
    case.kind = "errors"
    case.routes = {r: True for r, x in s.books.routes.items() if x.live[0].e > 0.5}
    s.case = case
    actions = []
    if s.share > 0:
        sentence = "The old release is failing too; the new one is out of traffic until that is over."
        actions.append(Action(t, ActionKind.PULL, "old_is_bad", sentence, numbers(s)))
    return actions + held(s, t, "old_is_bad")
