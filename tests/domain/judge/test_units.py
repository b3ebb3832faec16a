from hypothesis import given
from hypothesis import strategies as st

from golive.ship.judge.domain.confirmation import outlasts
from golive.ship.judge.domain.facts import Attempt
from tests.domain.judge.traffic import judge


def fed(attempts, *, base=60):
    """A judge with a baseline in which all known routes succeeded, at half the traffic."""
    j = judge()
    for i in range(base):
        j.observe(Attempt(float(i), f"b{i}", "GET /", "old", 200, 40.0, prefix=f"net{i}"))
    j.tick(60.0)
    j.switch(60.0, 0.5, "step")
    for a in attempts:
        j.observe(a)
    return j


def failed_units(j):
    return list(j.standing.books.unit.e), list(j.standing.books.unit.n)


def attempt(t=70.0, client="v", route="GET /", release="new", status=500, **more):
    return Attempt(t, client, route, release, status, 40.0, **more)


def test_a_client_counts_once_per_minute_and_route_however_often_it_retries():
    j = fed([attempt(70 + i / 10) for i in range(50)])
    assert failed_units(j) == ([1, 0], [1, 0])


@given(st.integers(1, 30), st.integers(1, 5))
def test_a_client_may_fail_two_units(minutes, routes):
    paths = [f"GET /{r}" for r in range(routes)]
    known = [attempt(61.0, f"k{r}", p, "old", 200) for r, p in enumerate(paths)]
    j = fed(known + [attempt(70.0 + 61 * m, "v", p) for m in range(min(minutes, 8)) for p in paths])
    assert j.standing.books.unit.e[0] <= 2
    assert j.standing.books.client.e[0] <= 1


def test_an_address_prefix_that_is_no_crowd_may_fail_six_units():
    j = fed([attempt(70.0, f"v{i}", prefix="one") for i in range(40)])
    assert j.standing.books.unit.e[0] == 6


def test_a_proxy_known_from_the_baseline_is_a_crowd():
    j = judge()
    for i in range(60):
        j.observe(Attempt(float(i), f"b{i}", "GET /", "old", 200, 40.0, prefix="proxy"))
    j.switch(60.0, 0.5, "step")
    for i in range(40):
        j.observe(attempt(70.0, f"v{i}", prefix="proxy"))
    assert j.standing.books.unit.e[0] == 40


def test_unknown_paths_are_watched_not_judged():
    j = fed([attempt(70.0, f"v{i}", "GET /wp-login.php") for i in range(40)])
    assert failed_units(j) == ([0, 0], [0, 0])
    assert j.explain()["unjudged"] == {"total": 40, "failed": 40}


def test_a_route_of_new_alone_that_never_worked_is_judged_when_its_visitors_use_other_routes_too():
    visits = [attempt(70.0, f"v{i}", status=200) for i in range(4)]
    j = fed(visits + [attempt(71.0 + i, f"v{i}", "GET /wishlist") for i in range(4)])
    assert failed_units(j)[0] == [2, 0]  # the third visitor made it known
    assert "GET /wishlist" in j.standing.books.late


def test_what_only_new_has_is_no_change_of_status_and_no_slowdown():
    late = [attempt(90.0, f"v{i}", "GET /wishlist", status=302)._replace(ms=9000.0) for i in range(9)]
    j = fed(late)
    assert not j.standing.books.mix.tick_counts
    assert j.standing.books.timed == [0, 0]
    j.observe(attempt(95.0, "o", "GET /wishlist", "old", 200))
    j.observe(attempt(95.0, "w", "GET /wishlist", status=302))
    assert j.standing.books.mix.tick_counts  # old has it too: there is something to compare with


def test_a_client_stays_timed_until_it_was_slow_four_times():
    fast = [attempt(90.0 + 60 * m, status=200) for m in range(8)]
    slow = [attempt(90.0 + 60 * m, "w", status=200)._replace(ms=900.0) for m in range(8)]
    assert fed(fast).standing.books.timed[0] == 8
    assert fed(slow).standing.books.timed[0] == 4


def test_a_failure_rescued_by_a_retry_on_old_counts_against_new_alone():
    j = fed([attempt(70.0, request="q"), attempt(70.1, release="old", status=200, request="q")])
    assert failed_units(j) == ([1, 0], [1, 0])


def test_a_client_that_left_is_no_failure_but_slow_above_the_objective():
    j = fed([Attempt(95.0, "v", "GET /", "new", 0, 2000.0, left=True)])
    assert failed_units(j) == ([0, 0], [0, 0])
    assert j.standing.books.slow["slo"].slow[0] == 1


def test_requests_begun_before_the_switch_are_not_compared():
    j = fed([Attempt(61.0, "v", "GET /", "new", 500, 5000.0)])
    assert failed_units(j) == ([0, 0], [0, 0])


def test_clients_without_a_cookie_have_units_of_ten_seconds():
    j = fed([attempt(70.0 + i, known=False, path="p", status=200) for i in range(30)])
    assert j.standing.books.unit.n == [3, 0]


def test_at_most_a_hundred_routes():
    j = fed([attempt(70.0, f"v{i}", f"GET /{i}", status=200) for i in range(500)])
    assert len(j.standing.books.base.routes) == 100


def test_two_hiccups_and_a_stray_failure_do_not_last():
    burst = [10.0 + i / 10 for i in range(20)]
    assert not outlasts(burst, 8.0)
    assert not outlasts([1.0, *burst], 8.0)
    assert not outlasts([*burst, *[t + 50 for t in burst]], 8.0)
    assert outlasts([0.0, 7.0, 13.0, 22.0, 30.0, 38.0], 8.0)
    thrice = [t + s for s in (0, 50, 170) for t in burst]
    assert outlasts(thrice, 8.0)
    assert not outlasts(thrice, 8.0, 3)
