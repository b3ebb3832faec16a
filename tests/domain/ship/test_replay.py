"""Whether a release judged again is judged as it was."""

import pytest

from golive.ship.releases.domain.replay import Decision, Judged, is_same, sentence


def made(*names, t=None):
    return [Decision(name, "why", {"weight": 21.5}, None if t is None else t + n) for n, name in enumerate(names)]


STEPS = made("ADVANCE", "ADVANCE", t=100.0)
BAD = made("ADVANCE", "PULL", "ROLLBACK", t=100.0)


def test_each_decision_counts_also_one_that_the_engine_let_be():
    assert is_same(Judged(BAD, BAD, made("PULL", "ROLLBACK")))
    assert is_same(Judged(STEPS, STEPS, []))
    assert is_same(Judged(BAD, STEPS, [])) is False
    assert is_same(Judged([], STEPS, [])) is False
    assert is_same(Judged(STEPS, [], [])) is False
    assert is_same(Judged(made("ADVANCE", "ADVANCE", t=101.0), STEPS, [])) is False
    assert is_same(Judged(STEPS, [STEPS[0], Decision("ADVANCE", "why", {"weight": 21.500001}, 101.0)], [])) is False


def test_what_was_carried_out_was_decided_in_that_order():
    assert is_same(Judged(BAD, BAD, made("ROLLBACK", "PULL"))) is False
    assert is_same(Judged(STEPS, STEPS, made("PULL"))) is False
    assert is_same(Judged(BAD, BAD, made("PULL", "PULL"))) is False


@pytest.mark.parametrize("noted", [[], None])
def test_nothing_is_not_the_same(noted):
    found = Judged([], noted, [])
    assert is_same(found) is None
    assert "nothing to compare" in sentence(found, 9, "1.0")


def test_where_decisions_were_not_noted_what_was_carried_out_is_all_there_is():
    assert is_same(Judged(BAD, None, made("PULL", "ROLLBACK")))
    assert is_same(Judged(BAD, None, made("PULL"))) is True
    assert is_same(Judged(STEPS, None, made("PULL"))) is False
    assert is_same(Judged(BAD, None, [])) is None


def test_a_verdict_after_the_end_of_the_journal_is_not_false():
    assert is_same(Judged(STEPS, None, made("ROLLBACK"), cut_short=True)) is None
    assert is_same(Judged(BAD, None, made("PULL", "ROLLBACK", "PULL"), cut_short=True))
    assert is_same(Judged(BAD, None, made("PULL", "ROLLBACK", "PULL"))) is False


def test_both_are_named():
    assert sentence(Judged(STEPS, STEPS, []), 30, "1.1").endswith(
        "ADVANCE 2 times; the same decisions to the last digit."
    )
    assert sentence(Judged(BAD, STEPS, []), 30, "1.1") == (
        "Judged again over 30 s of 1.1: ADVANCE, PULL, ROLLBACK; then it was ADVANCE 2 times: other decisions."
    )
