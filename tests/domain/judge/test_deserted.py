"""When the visitors who could tell have left, the judge does not wait for them."""

import pytest

from golive.ship.judge.domain.confirmation import Confirmation


@pytest.fixture
def case():
    return Confirmation(
        t=1000.0,
        kind="errors",
        routes={"POST /checkout": True},
        what=0,
        relative=50.0,
        clients=3,
        first=990.0,
        times=(990.0, 995.0),
        lasting=True,
        before=0.3,
        before_all=0.1,
        usual=0.01,
        again=False,
        control=True,
        reason="evidence",
        share=0.5,
    )


def come(case, *moments):
    for n, t in enumerate(moments):
        case.crossed(t, (f"visitor {n}", "POST /checkout", int(t // 60)), bad=False, may_turn=True)


def test_a_cohort_that_came_and_left_is_deserted(case):
    come(case, *(1000.0 + 3 * n for n in range(1, 18)))
    assert not case.deserted(1051.0 + 44)
    assert case.deserted(1051.0 + 45)


def test_one_that_comes_seldom_is_waited_for(case):
    come(case, 1040.0, 1090.0, 1130.0, 1180.0, 1220.0)
    assert not case.deserted(1220.0 + 200)


def test_nobody_has_left_who_was_never_there(case):
    come(case, 1001.0, 1002.0)
    assert not case.deserted(1240.0)
