"""Requests that are not answered are known by the edge's counters long before the edge gives them up."""

import random
from collections.abc import Callable, Iterator

import pytest

from golive.ship.judge.domain import Action, ActionKind, Attempt, Judge
from golive.ship.judge.domain.sight import answered
from tests.domain.judge.traffic import Shop, drive, judge, kinds

GIVEN_UP = 15.0  # s
NEVER = 1e9
Takes = Callable[[str, str, float, random.Random], float]


class Waiting(Shop):
    """Answers come `takes` seconds after the request; the edge counts at once, and gives up after `given_up` seconds."""

    def __init__(self, j: Judge, seed: int, takes: Takes, given_up: float = GIVEN_UP, **kind) -> None:
        super().__init__(seed, ms=lambda *_: 0.0, **kind)
        self.judge, self.takes, self.given_up = j, takes, given_up
        self.begun = {"new": 0, "old": 0}
        self.ends: list[Attempt] = []

    def second(self, t: float) -> Iterator[Attempt]:
        for one in super().second(t):
            self.begun[one.release] += 1
            length = self.takes(one.release, one.route, one.t, self.rng)
            status = one.status if length < self.given_up else 504
            length = min(length, self.given_up)
            self.ends.append(one._replace(t=one.t + length, status=status, ms=1000 * length))
        ended = sorted(one for one in self.ends if one.t <= t + 0.9)  # lines come a little later
        self.ends = [one for one in self.ends if one.t > t + 0.9]
        yield from ended
        self.judge.counters(t + 1, {side: float(n) for side, n in self.begun.items()})


def shipped(takes: Takes, seed: int = 0, seconds: int = 300, **kind) -> tuple[Waiting, list[Action]]:
    j = judge()
    shop = Waiting(j, seed, takes, **kind)
    return shop, drive(j, shop, seconds=seconds)


def new_takes(length: Callable[[float], float]) -> Takes:
    return lambda side, _route, t, _rng: length(t) if side == "new" else 0.04


def reasons(said: list[Action]) -> list[str]:
    return [one.reason for one in said if one.kind not in (ActionKind.ADVANCE, ActionKind.PROBE)]


@pytest.mark.parametrize("rate", [20, 100])
@pytest.mark.parametrize("begins", [0, 75], ids=["at once", "later"])
def test_a_release_that_hangs_is_pulled_in_seconds_and_blamed_when_fresh_processes_hang_too(rate, begins):
    _, said = shipped(new_takes(lambda t: NEVER if t >= begins else 0.04), rate=rate, people=4 * rate)
    assert kinds(said) == ["PULL", "RESUME", "PULL", "ROLLBACK"]
    assert [one.reason for one in said if one.kind is ActionKind.PULL] == ["unanswered"] * 2
    assert said[-1].reason == "hangs_again"
    assert said[0].t - max(begins, 61) <= 8 + 40 / rate


@pytest.mark.parametrize("seed", range(4))
def test_a_cold_start_whose_first_answers_take_seven_seconds_is_tried_again_and_passes(seed):
    j, cold = judge(), [0.0]

    def takes(side: str, _route: str, t: float, _rng: random.Random) -> float:
        if shop.share == 0:
            cold[0] = t
        return 7.0 if side == "new" and t - cold[0] < 8 else 0.04

    shop = Waiting(j, seed, takes, rate=100, people=400)
    said = drive(j, shop, seconds=400)
    assert kinds(said) == ["PULL", "RESUME"]
    assert [one.reason for one in said[:2]] == ["unanswered", "answers_late"]
    assert shop.share == 0.97


def test_one_stall_of_new_alone_is_no_verdict():
    shop, said = shipped(new_takes(lambda t: 85 + 20 - t if 85 <= t < 90 else 0.04), seconds=400)
    assert "ROLLBACK" not in kinds(said)
    assert shop.share == 0.97


def test_long_answers_that_old_has_too_are_no_hang():
    """Event streams and long polls: half of all requests, then all of them."""
    for rate, long in ((20, 0.5), (20, 1.0)):
        _, said = shipped(lambda _s, _r, _t, rng, long=long: 14.0 if rng.random() < long else 0.04, rate=rate)
        assert "PULL" not in kinds(said)


def test_requests_that_only_just_began_are_not_taken_for_hanging():
    """A slow page of one visitor, then many requests at the same moment."""
    j = judge()
    j.switch(0.0, 0.5, "step", at_least=100, at_most=200)
    said = []
    for t in range(1, 60):
        for i in range(40):
            j.observe(Attempt(t - 0.9 + i / 50, f"v{i}", "GET /", "old", 200, 40.0))
        slow, many = t in range(20, 28), t == 27
        j.counters(float(t), {"old": 40.0 * t, "new": slow * 1 + many * 30 + (t >= 28) * 31.0})
        if t == 28:
            for i in range(31):
                j.observe(Attempt(27.9, f"n{i}", "GET /", "new", 200, 40.0 if i else 7000.0))
        said += j.tick(float(t))
    assert kinds(said) == []


def test_a_dependency_that_hangs_for_both_blames_neither():
    both = {"GET /products", "POST /checkout"}
    _, said = shipped(lambda _s, route, t, _r: NEVER if 80 <= t < 120 and route in both else 0.04, seconds=500)
    assert "ROLLBACK" not in kinds(said)
    assert "ASK" not in kinds(said)


@pytest.mark.parametrize("lasts", [30, 150])
@pytest.mark.parametrize("rate", [5, 10, 20])
@pytest.mark.parametrize("seed", range(4))
def test_a_dependency_that_hangs_completely_for_both_blames_neither(seed, rate, lasts):
    """All that old says then is that its requests are not answered either."""

    def takes(_side: str, _route: str, t: float, _rng: random.Random) -> float:
        return NEVER if 90 <= t < 90 + lasts else 0.04

    _, said = shipped(takes, seed, seconds=500, rate=rate, people=8 * rate)
    assert "ROLLBACK" not in kinds(said)
    assert "unanswered" not in reasons(said)


@pytest.mark.parametrize("stalled", [False, True], ids=["at first", "after a stall of its own"])
@pytest.mark.parametrize("seed", range(4))
def test_the_few_pages_that_still_work_on_old_do_not_make_a_shared_hang_the_new_releases(seed, stalled):
    """The few users of new happen to ask for none of them."""

    def takes(side: str, _route: str, t: float, rng: random.Random) -> float:
        if stalled and t < 75 and side == "new":
            return NEVER
        return NEVER if 130 <= t < 280 and (side == "new" or rng.random() < 0.9) else 0.04

    _, said = shipped(takes, seed, seconds=500, rate=10)
    before = ["PULL", "RESUME"] if stalled else []
    assert kinds(said)[: len(before) + 2] == [*before, "PULL", "HELD"]
    assert reasons(said)[len(before)] == "unanswered"
    assert "ROLLBACK" not in kinds(said)


def test_what_has_not_ended_after_four_minutes_is_not_called_answered():
    """Routes without a limit for a try: the edge says nothing for ten minutes."""
    _, said = shipped(new_takes(lambda _: NEVER), given_up=600.0, seconds=800)
    assert kinds(said) == ["PULL", "RESUME", "PULL", "ASK"]
    assert reasons(said) == ["unanswered", "not_known", "unanswered", "came_back"]
    assert said[1].t - said[0].t >= 240


def test_slow_pages_that_end_well_are_waited_for():
    _, said = shipped(new_takes(lambda t: 50.0 if t < 100 else 0.04), given_up=600.0, seconds=400)
    assert reasons(said) == ["unanswered", "answers_late"]
    assert said[1].t - said[0].t >= 40


def test_users_who_leave_early_do_not_make_a_release_that_hangs_answer():
    """Two requests a second: the first wait in vain, those of the last seconds before the pull are left after four."""
    j, said, t = judge(), [], 0

    def second(*ended: Attempt) -> None:
        nonlocal t, said
        t += 1
        answers = [Attempt(t - 0.9 + i / 20, f"v{i}", "GET /", "old", 200, 40.0) for i in range(18)]
        for attempt in (*answers, *ended):
            j.observe(attempt)
        j.counters(float(t), {"old": 18.0 * t, "new": 2.0 * min(t, 10)})
        said += j.tick(float(t))

    j.switch(0.0, 0.1, "step", at_least=100, at_most=200)
    while not said:
        second()
    assert t == 10
    j.switch(10.0, 0.0, "pull")
    for _ in range(4):
        early = [Attempt(t + at, f"n{t + at}", "GET /", "new", 0, 4000.0, left=True) for at in (0.25, 0.75)]
        second(*early)
    while len(said) < 2:
        late = [Attempt(t + at, f"n{t + at}", "GET /", "new", 504, 15_000.0) for at in (0.25, 0.75)]
        second(*late if 15 <= t < 18 else ())
    assert reasons(said) == ["unanswered", "not_answered"]


@pytest.mark.parametrize(
    ("status", "ms", "left", "was"),
    [
        (200, 40, False, True),
        (404, 40, False, True),
        (200, 90_000, True, True),  # an event stream whose reader went away
        (504, 15_000, False, False),
        (0, 15_000, False, False),
        (0, 9_000, True, False),
        (0, 3_000, True, None),
    ],
)
def test_what_counts_as_an_answer(status, ms, left, was):
    assert answered(Attempt(0.0, "v", "GET /", "new", status, ms, left=left)) is was
