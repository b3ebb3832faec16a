from hypothesis import given
from hypothesis import strategies as st

from golive.ship.judge.domain import ActionKind, Config
from golive.ship.judge.domain.limits import one_visitor_in, slow_share
from golive.ship.judge.domain.steps import Step
from golive.ship.judge.domain.words import hidden
from tests.domain.judge.traffic import Shop, drive, judge

shares = st.sampled_from([0.03, 0.1, 0.5, 0.97])


def test_a_step_that_moves_on_says_what_it_could_not_have_seen():
    j = judge()
    said = drive(j, Shop(1, people=40), seconds=150)
    clean = next(a for a in said if a.kind is ActionKind.ADVANCE)
    assert "cannot be known at this traffic" in clean.sentence
    assert "visitor" in clean.sentence
    told = j.explain()["cannot_be_known"]
    assert told["sentence"].startswith("It cannot be known")
    assert told["visitors_one_in"] is None or told["visitors_one_in"] >= 1


def test_one_visitor_in_fifteen_is_beyond_twelve_visitors_a_tenth_of_them_on_new():
    assert one_visitor_in(12, Step(0.0, 0.1, 60, 120), Config()) < 15
    assert "one visitor in" in hidden(4, None, {})


def test_a_route_that_hardly_anyone_asked_for_is_named():
    assert "GET /rare (1 requests)" in hidden(None, None, {"GET /rare": 1})
    assert hidden(1000, 0.005, {}) == ""


@given(st.integers(0, 10_000), st.integers(0, 10_000), shares)
def test_more_visitors_never_show_less(a, b, share):
    step = Step(0.0, share, 60, 120)
    few, many = (one_visitor_in(x, step, Config()) or 0 for x in sorted((a, b)))
    assert few <= many


@given(st.integers(0, 100_000), st.integers(0, 100_000), shares)
def test_more_answers_never_hide_a_longer_tail(a, b, share):
    few, many = (slow_share(Step(0.0, share, 60, 120, timed=x)) or 2.0 for x in sorted((a, b)))
    assert 0 < many <= few
