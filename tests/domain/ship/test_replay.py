"""Whether a release judged again is judged as it was."""

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


def test_nothing_is_not_the_same():
    found = Judged([], [], [])
    assert is_same(found) is None
    assert "nothing to compare" in sentence(found, 9, "1.0")


def test_both_are_named():
    assert sentence(Judged(STEPS, STEPS, []), 30, "1.1").endswith(
        "ADVANCE 2 times; the same decisions to the last digit."
    )
    assert sentence(Judged(BAD, STEPS, []), 30, "1.1") == (
        "Judged again over 30 s of 1.1: ADVANCE, PULL, ROLLBACK; then it was ADVANCE 2 times: other decisions."
    )
