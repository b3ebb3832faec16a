import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.ship.judge.domain import Config
from golive.ship.judge.domain.recurrence import EVERY, HEIGHTS, LASTS, PARTS, Again, Odds, not_yet
from tests.domain.judge.traffic import Shop, drive, judge, kinds

P0 = 0.01
ticks = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 3), st.integers(0, 3)).map(lambda x: (float(x[0]), x[1] + x[2], x[2])),
    min_size=1,
    max_size=6,
)


def likelihood(n, e, p):
    return p**e * (1 - p) ** (n - e)


def all_paths(seen, height):
    """Likelihood of hiccups as the sum over every path of calm and burst."""
    total, start = 0.0, LASTS / (EVERY + LASTS)
    for path in itertools.product((False, True), repeat=len(seen) + 1):
        chance = start if path[0] else 1 - start
        for was, now, (gap, n, e) in zip(path, path[1:], seen, strict=False):
            leaves = 1 - math.exp(-gap / (LASTS if was else EVERY))
            chance *= (leaves if was != now else 1 - leaves) * likelihood(n, e, height if now else P0)
        total += chance
    return total


@settings(max_examples=60)
@given(ticks, st.floats(0.1, 0.97))
def test_the_filter_is_the_sum_over_all_paths_of_calm_and_burst(seen, p):
    odds = Odds(p)
    for gap, n, e in seen:
        odds.update(gap, n, e, P0)
    bug = sum(math.prod(likelihood(n, e, min(p * part, 0.97)) for _, n, e in seen) for part in PARTS)
    hiccups = max(all_paths(seen, height) for height in HEIGHTS)
    assert odds.value() == pytest.approx(bug / len(PARTS) / hiccups, rel=1e-9)


@settings(max_examples=30)
@given(st.floats(0.3, 0.97), st.integers(30, 300))
def test_failures_after_many_good_units_are_a_hiccup(p, good):
    odds = Odds(p)
    for _ in range(good):
        odds.update(1.0, 1, 0, P0)
    for _ in range(6):
        odds.update(1.0, 2, 2, P0)
    assert odds.value() < 1


@settings(max_examples=30)
@given(st.floats(0.3, 0.97))
def test_failures_from_the_first_second_on_are_the_bug(p):
    odds = Odds(p)
    for _ in range(12):
        odds.update(1.0, 4, max(1, round(4 * p)), P0)
    assert odds.value() >= 3


def test_a_service_with_hiccups_is_seldom_taken_for_one_with_a_bug():
    """Ville: bursts as the model has them; E reaches 20 in at most 5 % of the runs, whenever one looks."""
    reached = 0
    for seed in range(100):
        rng, odds, top = random.Random(seed), Odds(0.5), 0.0
        burst = rng.random() < LASTS / (EVERY + LASTS)
        for _ in range(100):
            burst ^= rng.random() < 1 - math.exp(-1 / (LASTS if burst else EVERY))
            failed = sum(rng.random() < (0.5 if burst else P0) for _ in range(2))
            odds.update(1.0, 2, failed, P0)
            top = max(top, odds.value())
        reached += top >= 20
    assert reached <= 5


def test_good_units_clear_a_release_whose_first_episode_was_hardly_worse_than_usual():
    odds = Odds(0.02)
    for _ in range(300):
        odds.update(1.0, 4, 0, P0)
    assert odds.value() < 0.5


def test_only_the_suspected_routes_and_all_of_them_are_weighed():
    again = Again("errors", {"POST /checkout": True}, 0.5, 0.1, (), 0.0)
    again.note("GET /", 1, 1)
    again.tick(1.0, P0)
    assert again.odds[0].bug == [0.0] * len(PARTS)
    assert again.odds[1].bug != [0.0] * len(PARTS)
    again.forget(2.0)
    assert again.value() == pytest.approx(1.0, rel=0.1)


class Returning(Shop):
    """New fails from `first` on, for seven seconds or for good, and again from `after` seconds after each RESUME."""

    def __init__(self, seed, *, first, lasts, share, after=1.0):
        super().__init__(seed, broken=self.fails)
        self.first, self.lasts, self.chance, self.after = first, lasts, share, after
        self.out, self.resumed = False, None

    def second(self, t):
        if self.share == 0 and t > 61:
            self.out = True
        elif self.out:
            self.out, self.resumed = False, t
        return super().second(t)

    def fails(self, side, _route, t, rng):
        since = self.first if self.resumed is None else self.resumed + self.after
        return side == "new" and since <= t < since + self.lasts and rng.random() < self.chance


@pytest.mark.parametrize("seed", range(20))
def test_a_release_that_was_well_at_first_may_hiccup_just_after_a_resume(seed):
    """It would have failed before, if it had the bug; half of its answers fail for seven seconds, twice."""
    shop = Returning(seed, first=95, lasts=7, share=0.5)
    said = drive(judge(), shop, seconds=260, steps=((0.1, 60, 120),))
    assert "ROLLBACK" not in kinds(said)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_bug_that_began_later_is_blamed_although_it_has_to_prove_more(seed, share):
    shop = Returning(seed, first=95, lasts=1e9, share=share, after=0.0)
    assert kinds(drive(judge(), shop, seconds=700, steps=((0.1, 60, 120),)))[-1] == "ROLLBACK"


@settings(max_examples=30)
@given(st.floats(0.2, 0.97), st.integers(0, 10_000))
def test_a_bug_that_was_there_all_along_is_seldom_taken_for_one_that_began_later(p, seed):
    """At most one in ten looks so, whenever one looks."""
    rng, wrong = random.Random(seed), 0
    for _ in range(200):
        failed, most = 0, 0.0
        for n in range(1, 60):
            failed += rng.random() < p
            most = max(most, not_yet(p, n, failed, P0))
        wrong += most >= Config().well_at
    assert wrong <= 20
