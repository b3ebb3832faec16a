"""One event at a time: who counts, as what, and how often."""

from __future__ import annotations

from typing import Final

from golive.ship.judge.domain.confirmation import Confirmation
from golive.ship.judge.domain.facts import NEW, OLD, Attempt, Probe
from golive.ship.judge.domain.routes import MOST_ROUTES, OTHER, probe_template
from golive.ship.judge.domain.sight import answered
from golive.ship.judge.domain.standing import Standing
from golive.ship.judge.domain.status_mix import category
from golive.ship.judge.domain.units import EXPOSED, FAILED, MIXED, TIMED, Client

MOST_TRIES: Final = 10_000
ASKERS: Final = 3
APART: Final = 10.0  # s between slow answers of a client after a RESUME: what lasts tells a bug from a burst


def attempt(s: Standing, a: Attempt, side: int) -> None:
    """One line of the edge's log."""
    s.seen += 1
    was_answered = answered(a)
    s.sight.line(a, was_answered)
    failed = (a.status >= 500 or a.status == 0) and not a.left
    s.series.note(side, failed=failed, slow=not a.stream and a.ms > s.config.slo_ms)
    if _is_rescue(s, a, side, failed):
        return
    case, before = s.case, a.t - a.ms / 1000 < s.switched
    if case is not None and was_answered is not None and (before or side == OLD):
        case.ended(side, answered=was_answered)
    if before:
        return
    route = _route(s, a, side, failed)
    if route is None:
        return
    units = s.units
    units.roll(a.t)
    if case is not None and side == OLD:
        _crossed(s, case, a, route, failed)
    account, allowed = units.account(a.t, a.prefix, s.config)
    if not allowed:
        return
    if a.left and a.ms <= s.config.slo_ms:
        return
    _count(s, a, route, side, failed, account)


def _count(s: Standing, a: Attempt, route: str, side: int, failed: bool, account: Client | None) -> None:
    units, config = s.units, s.config
    name = units.name(a)
    who = units.clients.get(a.t, name)
    key = units.key(a, route, side)
    old_bits = units.bits.get(key, 0)
    bits, before = old_bits, who.failed
    if not bits & EXPOSED and not a.left:
        bits |= EXPOSED
        _exposed(s, a, route, side, before)
    if failed and not bits & FAILED:
        bits |= FAILED
        who.failed += 1
        if account is not None:
            account.failed += 1
        _failed(s, a, name, route, side, before)
    cap = config.slow_cap * (10 if s.state == "BASELINE" else 1)  # quantiles need more
    warm = s.state == "BASELINE" or a.t - s.switched >= s.grace
    timed = warm and not failed and not bits & TIMED and not a.stream and who.slow < cap
    if timed and (s.books.second is None or a.t - who.slow_at >= APART):
        bits |= TIMED
        if _answered(s, a, name, route, side):
            who.slow, who.slow_at = who.slow + 1, a.t
    what = None if failed or a.left else category(a.status)
    compared = s.state != "BASELINE" and route not in s.books.own
    if what is not None and compared and not bits & (MIXED << what):
        bits |= MIXED << what
        if who.mixed < config.mix_cap:
            who.mixed += 1
            s.books.answered_otherwise(a.t, name, route, side, what)
    if bits != old_bits:
        units.bits[key] = bits


def _is_rescue(s: Standing, a: Attempt, side: int, failed: bool) -> bool:
    """A retry on the other release after a failure: the request belongs where it was tried first."""
    if not a.request:
        return False
    tried = s.tries.get(a.request)
    if tried is None:
        if failed:
            if len(s.tries) >= MOST_TRIES:
                s.tries.clear()
            s.tries[a.request] = side
        return False
    return tried != side


def _route(s: Standing, a: Attempt, side: int, failed: bool) -> str | None:
    """The route an attempt is judged by; None for scanners and typos: unknown until one succeeds."""
    base = s.books.base
    succeeded = 200 <= a.status < 400 and not a.left
    if a.route in base.routes:
        if succeeded and side == OLD:
            s.books.own.pop(a.route, None)
        return a.route
    if len(base.routes) >= MOST_ROUTES:
        return OTHER
    if not succeeded and not (failed and _is_missed(s, a)):
        s.unjudged[0] += 1
        s.unjudged[1] += failed
        return None
    s.missed.pop(a.route, None)
    route = a.route if len(base.routes) < MOST_ROUTES - 1 else OTHER
    base.routes[route] = [0, 0]
    if s.state != "BASELINE":
        s.books.late[route] = len(s.books.late) + 1
        if side == NEW and route != OTHER:
            s.books.own[route] = True
    return route


def _is_missed(s: Standing, a: Attempt) -> bool:
    """Whether an unknown route that fails is one of the new release's own, which never worked.

    Scanners try paths once and leave; three visitors who use other routes of new too are no scanners. Where new serves
    alone all of it may fail from the start, so that nobody uses other routes: there any three clients will do.
    """
    alone = s.old is None
    if s.state == "BASELINE" or not (alone or (a.known and a.client in s.books.cohort)):
        return False
    askers = s.missed.get(a.route)
    if askers is None:
        if len(s.missed) >= MOST_ROUTES:
            return False
        askers = s.missed[a.route] = {}
    askers[a.client] = True
    return len(askers) >= ASKERS


def _exposed(s: Standing, a: Attempt, route: str, side: int, before: int) -> None:
    if s.state != "BASELINE":
        s.books.exposed(a.t, a.client, route, side, before)
    elif before < s.config.unit_cap:
        s.units.note_crowd(a)
        s.books.base.unit(a.t, route, 1, 0)


def _failed(s: Standing, a: Attempt, name: str, route: str, side: int, before: int) -> None:
    if s.state != "BASELINE":
        s.books.failed(a.t, name, route, side, before)
    elif before < s.config.unit_cap:
        s.books.base.unit(a.t, route, 0, 1)


def _answered(s: Standing, a: Attempt, name: str, route: str, side: int) -> bool:
    """Whether the answer uses up some of what its client may contribute.

    A client stays at risk until it has been slow often enough, however many fast answers it got (Cox's risk set).
    """
    if s.state == "BASELINE":
        s.books.base.answered(route, a.ms)
        return True
    if route in s.books.own:
        return False  # old never answered here: there is no yardstick
    return s.books.answered(a.t, name, route, side, a.ms)


def _crossed(s: Standing, case: Confirmation, a: Attempt, route: str, failed: bool) -> None:
    """Requests begun after the pull by visitors who were on new, on the routes under suspicion."""
    suspected = case.kind not in ("errors", "mix") or route in case.routes
    if suspected and not a.left:
        s.raw[0] += 1
        s.raw[1] += failed
    if not suspected or a.left or a.client not in s.books.cohort or a.t - a.ms / 1000 <= case.t:
        return
    bad = failed
    if case.kind == "mix":
        bad = category(a.status) == case.what
    elif case.kind != "errors":
        if failed or a.stream:
            return
        bad = a.ms > s.books.base.limit(case.kind, route)
    what, period = (route, 60) if a.known else (a.path, 10)
    key = (a.client, what, int(a.t // period))
    case.crossed(a.t, key, bad=bad, may_turn=case.kind in ("errors", "mix"))


def probe_answer(s: Standing, probe: Probe, side: int) -> None:
    """One answer to a PROBE action."""
    case = s.case
    if case is None or case.kind == "mix":
        return
    errors = case.kind == "errors"
    bad = (probe.status >= 500 or probe.status == 0) if errors else probe.ms > _probe_limit(s, case, probe)
    r0 = s.config.r0_error if errors else 1.25
    case.probed(probe.t, probe.route, side, bad=bad, settle=s.config.settle, r0=r0)


def _probe_limit(s: Standing, case: Confirmation, probe: Probe) -> float:
    return s.books.base.limit(case.kind, probe_template(probe.route))
