import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.ship.judge.domain import ActionKind, Attempt, Config, Fault, Judge
from tests.domain.judge.traffic import Shop, drive, judge, kinds


@pytest.mark.parametrize("seed", range(6))
def test_a_good_release_reaches_full_untouched(seed):
    j, shop = judge(), Shop(seed, broken=lambda _s, _r, _t, rng: rng.random() < 0.003)
    said = drive(j, shop, seconds=300)
    assert kinds(said) == []
    assert shop.share == 0.97
    assert j.verdict().state == "WATCH"


def checkout_bug(share):
    return lambda side, route, _t, rng: side == "new" and route == "POST /checkout" and rng.random() < share


@pytest.mark.parametrize("seed", range(6))
def test_a_bug_that_no_probe_can_reach_is_pulled_and_blamed(seed):
    j = judge()
    said = drive(j, Shop(seed, broken=checkout_bug(0.5)), seconds=500)
    assert kinds(said)[0] == "PULL"
    assert kinds(said)[-1] == "ROLLBACK"
    assert j.verdict().reason in ("recovered_on_old", "back_after_resume")
    assert said[-1].numbers["relative"] >= 3
    assert "POST /checkout" in next(a.sentence for a in said if a.kind is ActionKind.PULL)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("share", [0.2, 1.0])
def test_a_release_that_half_of_the_users_met_at_once_is_blamed_and_not_asked_about(seed, share):
    """Its failures come within a second or two, where a burst of hiccups would look the same."""
    shop = Shop(seed, rate=25, broken=lambda side, _r, _t, rng: side == "new" and rng.random() < share)
    assert kinds(drive(judge(), shop, seconds=400, steps=((0.5, 20, 40),)))[-1] == "ROLLBACK"


@pytest.mark.parametrize("seed", range(6))
def test_trouble_that_both_share_blames_nobody_and_the_release_goes_on(seed):
    j = judge(began_with=5)
    down = Shop(seed, broken=lambda _s, route, t, _rng: route == "POST /checkout" and 95 <= t < 130)
    said = drive(j, down, seconds=260)
    assert kinds(said)[:1] == ["PULL"]
    assert "HELD" in kinds(said)
    assert kinds(said)[-1] == "RESUME"
    assert "ROLLBACK" not in kinds(said)
    assert next(a.t for a in said if a.kind is ActionKind.RESUME) >= 130


def test_trouble_that_began_with_the_release_waits_for_a_person():
    j = judge()
    down = Shop(1, broken=lambda _s, route, t, _rng: route == "POST /checkout" and 64 <= t < 100)
    said = drive(j, down, seconds=240)
    assert kinds(said) == ["PULL", "HELD"]
    assert said[-1].reason == "began_with_release"
    assert j.verdict().began_with_release


def test_when_only_old_is_bad_the_new_release_is_not_pulled():
    j = judge()
    said = drive(j, Shop(2, broken=lambda side, *_: side == "old" and _[1] > 70), seconds=120)
    assert kinds(said) == []


def test_one_stray_failure_of_new_while_old_has_a_hiccup_pulls_nobody():
    j = judge()

    def broken(side, _route, t, rng):
        hiccup = side == "old" and 85 <= t < 92 and rng.random() < 0.5
        return hiccup or (side == "new" and 88 <= t < 88.3)

    assert kinds(drive(j, Shop(2, broken=broken), seconds=160)) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_second_hiccup_after_a_resume_is_no_verdict(seed):
    """Half of new's answers fail for seven seconds, twice, and never else."""
    j = judge()

    def broken(side, _route, t, rng):
        hiccup = 66 <= t < 73 or 135 <= t < 142
        return side == "new" and hiccup and rng.random() < 0.6

    said = drive(j, Shop(seed, broken=broken), seconds=400)
    assert "ROLLBACK" not in kinds(said)


@pytest.mark.parametrize("seed", range(4))
def test_a_slow_release_is_pulled(seed):
    j = judge()
    slow = Shop(seed, ms=lambda side, *_: 120.0 if side == "new" else 40.0)
    said = drive(j, slow, seconds=120)
    assert kinds(said)[0] == "PULL"
    assert next(a.t for a in said if a.kind is ActionKind.PULL) - 61 <= 45


@pytest.mark.parametrize("seed", range(6))
def test_a_slow_release_that_six_visitors_met_is_blamed_and_not_asked_about(seed):
    """They all use up what they may contribute within seconds, which looks like a burst."""
    j, shop = judge(), Shop(seed, people=60, ms=lambda side, _r, _t, _rng: 120.0 if side == "new" else 40.0)
    said = drive(j, shop, seconds=400, steps=((0.1, 60, 240),))
    assert kinds(said) == ["PULL", "RESUME", "PULL", "ROLLBACK"]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("lasts", "pulled"), [(5, False), (40, True)])
def test_with_all_users_on_it_a_burst_of_slow_answers_pulls_nobody(seed, lasts, pulled):
    """Whatever else the machine did for some seconds, there is no old release to see it by."""
    slow = range(180, 180 + lasts)
    j, shop = judge(), Shop(seed, ms=lambda _side, _r, t, _rng: 400.0 if int(t) in slow else 40.0)
    said = drive(j, shop, seconds=260, steps=((0.1, 20, 40), (0.5, 20, 40), (1.0, 1e9, 1e9)))
    assert ("PULL" in kinds(said)) is pulled


def test_lost_sessions_are_seen_in_the_status_mix():
    j, shop = judge(), Shop(3)
    original = shop.second
    shop.second = lambda t: (
        a._replace(status=401) if a.release == "new" and a.route == "GET /products" else a for a in original(t)
    )
    said = drive(j, shop, seconds=400)
    assert kinds(said)[0] == "PULL"
    assert j.standing.case.kind == "mix"
    assert "401" in said[0].sentence + said[1].sentence


@pytest.mark.parametrize("kind", ["crash_loop", "readiness_lost", "database_connection"])
def test_a_hard_fault_pulls_at_once_and_is_blamed_when_it_stays(kind):
    j = judge()
    j.switch(0.0, 0.1, "step")
    j.observe(Fault(1.0, "new", kind))
    assert kinds(j.tick(1.5)) == ["PULL"]
    j.switch(2.0, 0.0, "pull")
    assert j.tick(5.0) == []
    j.observe(Fault(13.0, "new", kind))
    assert kinds(j.tick(13.5)) == ["ROLLBACK"]


def test_a_fault_of_both_releases_blames_neither():
    j = judge()
    j.switch(0.0, 0.1, "step")
    j.observe(Fault(1.0, "new", "database_connection"))
    j.observe(Fault(1.0, "old", "database_connection"))
    said = j.tick(1.5) + j.tick(2.5)
    assert kinds(said) == ["PULL", "HELD"]


def test_a_first_deployment_is_never_pulled():
    j = Judge(Config(), "new", None)
    j.switch(0.0, 1.0, "full")
    said = []
    for t in range(1, 60):
        for i in range(10):
            j.observe(Attempt(t - i / 20, f"v{t}-{i}", "GET /", "new", 200 if t < 5 else 500, 40.0))
        said += j.tick(float(t))
    assert kinds(said) == ["ASK"]
    assert said[-1].reason == "first_deployment"
    assert j.state == "WATCH"


@pytest.mark.parametrize("known", [True, False])
def test_what_serves_alone_and_never_succeeded_is_told_of(known):
    """Where everything fails from the first request, no route has succeeded before and no visitor uses others."""
    j = Judge(Config(), "new", None)
    j.switch(0.0, 1.0, "full")
    said = []
    for t in range(1, 30):
        for i in range(5):
            j.observe(Attempt(t - i / 20, f"v{t}-{i}", "GET /", "new", 500, 40.0, known=known, path=f"p{t}-{i}"))
        said += j.tick(float(t))
    assert [(a.kind, a.numbers["kind"]) for a in said] == [(ActionKind.ASK, "errors")]


def test_a_path_that_only_one_scanner_tries_is_no_trouble_of_what_serves_alone():
    j = Judge(Config(), "new", None)
    j.switch(0.0, 1.0, "full")
    said = []
    for t in range(1, 120):
        for i in range(5):
            j.observe(Attempt(t - i / 20, f"v{t}-{i}", "GET /", "new", 200, 40.0))
        j.observe(Attempt(t, "scanner", f"GET /{'abc'[t % 3]}.php", "new", 500, 4.0, known=False, path=str(t)))
        said += j.tick(float(t))
    assert kinds(said) == []


def test_a_silent_log_with_moving_counters_holds_the_step():
    j = judge()
    j.switch(0.0, 0.5, "step", at_least=5, at_most=10)
    said = []
    for t in range(1, 40):
        j.counters(float(t), {"new": t * 5.0, "old": t * 5.0})
        said += j.tick(float(t))
    assert [a.kind for a in said if a.kind is ActionKind.HOLD] == [ActionKind.HOLD]
    assert j.blind
    for release in ("new", "old"):
        j.observe(Attempt(40.0, "v", "GET /", release, 200, 5.0))
    j.counters(40.0, {"new": 201.0, "old": 201.0})
    j.tick(40.0)
    assert not j.blind


def test_a_step_does_not_end_before_a_release_that_hangs_is_heard_of():
    """Short steps would be over before the edge gives up the first request that hangs."""
    j, shop = judge(), Shop(0)
    steps = [(0.1, 3, 6), (0.5, 3, 6)]
    hung: list[Attempt] = []
    moves = []
    for t in range(80):
        if t == 60:
            shop.share = steps[0][0]
            j.switch(t, *steps[0][:1], "step", at_least=3, at_most=6)
        for attempt in shop.second(t):
            if attempt.release == "new":
                hung.append(attempt._replace(t=attempt.t + 15, status=504, ms=15_000.0))
            else:
                j.observe(attempt)
        for attempt in [late for late in hung if late.t <= t + 1]:
            hung.remove(attempt)
            j.observe(attempt)
        moves += [action.kind for action in j.tick(t + 1)]
        if moves:
            break
    assert moves[0] is ActionKind.PULL


def test_more_users_do_not_come_while_requests_fail_on_both():
    """Answers that were late may come all at once, just as a short step ends."""
    j, shop = judge(), Shop(0)
    for t in range(60):
        for attempt in shop.second(t):
            j.observe(attempt)
        j.tick(t + 1)
    shop.share = 0.5
    j.switch(60, 0.5, "step", at_least=3, at_most=12)
    said = []
    for t in range(60, 72):
        for attempt in shop.second(t):
            failed = t == 71  # all of that second
            j.observe(attempt._replace(status=503) if failed else attempt)
        said += j.tick(t + 1)
    assert j.standing.step.e[0] >= 3
    assert ActionKind.ADVANCE not in [action.kind for action in said]


def test_too_little_traffic_is_said_in_words():
    j = judge()
    for t in range(60):
        j.observe(Attempt(float(t), f"v{t}", "GET /", "old", 200, 20.0))
    j.switch(60.0, 0.1, "step", at_least=10, at_most=30)
    said = []
    for t in range(61, 100):
        j.observe(Attempt(t - 0.5, f"w{t}", "GET /", "new" if t % 10 == 0 else "old", 200, 20.0))
        said += j.tick(float(t))
    assert [a.reason for a in said] == ["inconclusive"]
    assert "cannot be known" in said[0].sentence or "at least" in said[0].sentence


def test_a_service_with_one_caller_that_keeps_no_cookies_is_judged_too():
    j = judge()
    shop = Shop(4, rate=2, broken=lambda side, *_: side == "new")
    original, rng = shop.second, shop.rng

    def one_caller(t):
        for a in original(t):
            side = "new" if rng.random() < shop.share else "old"
            path = f"{a.route}{rng.randrange(5)}"
            yield a._replace(
                client="api",
                known=False,
                path=path,
                release=side,
                status=503 if side == "new" else 200,
            )

    shop.second = one_caller
    said = drive(j, shop, seconds=700, steps=((0.5, 60, 120),))
    assert kinds(said)[0] == "PULL"
    assert next(a.t for a in said if a.kind is ActionKind.PULL) - 61 < 40
    assert kinds(said)[-1] == "ROLLBACK"


def test_a_person_may_give_a_held_release_traffic_again():
    j = judge()
    drive(
        j,
        Shop(1, broken=lambda _s, route, t, _rng: route == "POST /checkout" and 64 <= t < 100),
        seconds=140,
    )
    assert j.state == "HELD"
    j.switch(140.0, 0.1, "manual")
    assert j.state == "WATCH"


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_exchanging_the_labels_of_equal_releases_blames_neither(seed):
    """Both have the same 5 % of failures: whoever is called new, nothing is blamed."""
    for new, old in (("new", "old"), ("old", "new")):
        j = Judge(Config(), new, old)
        shop = Shop(seed, broken=lambda _s, _r, _t, rng: rng.random() < 0.05)
        shop.share = 0.0 if new == "new" else 1.0
        for t in range(200):
            for a in shop.second(float(t)):
                j.observe(a)
            if t == 60:
                j.switch(61.0, 0.5, "step")
                shop.share = 0.5
            assert all(a.kind is not ActionKind.ROLLBACK for a in j.tick(t + 1.0))


def test_relative_evidence_only_depends_on_who_is_called_new():
    """The same half-and-half traffic with sides and failures exchanged gives the same evidence."""
    values = []
    for new in ("a", "b"):
        old = "b" if new == "a" else "a"
        j = Judge(Config(), new, old)
        j.observe(Attempt(0.0, "z", "GET /", old, 200, 9.0))
        j.switch(1.0, 0.5, "step")
        for i in range(100):
            bad = i % 7 == 0
            j.observe(Attempt(2 + i / 10, f"n{i}", "GET /", new, 500 if bad else 200, 9.0))
            j.observe(Attempt(2 + i / 10, f"o{i}", "GET /", old, 200, 9.0))
            if i % 10 == 9:
                j.tick(2 + i / 10)
        values.append(j.standing.books.unit.evidence.value())
    assert values[0] == values[1] > 3


def test_the_explanation_is_bounded_json_with_questions_in_words():
    j = judge()
    drive(j, Shop(5, broken=checkout_bug(0.5)), seconds=400)
    text = json.dumps(j.explain(), allow_nan=False)
    assert len(text) < 60_000
    told = json.loads(text)
    assert all(len(v) <= 240 for v in told["series"].values())
    assert all(s["question"].endswith("?") for s in told["streams"])
    assert told["thresholds"]["pull"] == 20
