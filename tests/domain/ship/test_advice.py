"""What a release waits for, in words and commands."""

import pytest

from golive.ship.releases.domain.advice import Advice, Waiting, advise, gives_way
from golive.ship.releases.domain.states import ARROWS, State
from golive.ship.releases.domain.verbs import allowed


def advice(state: State, **facts: object) -> Advice:
    question, frozen = str(facts.get("question", "")), str(facts.get("frozen", ""))
    verbs = allowed(state, question=question, frozen=bool(frozen))
    return advise(Waiting(state, "1.1", "shop", verbs=verbs, **facts))  # type: ignore[arg-type]


@pytest.mark.parametrize("state", State)
def test_what_gives_way_can_be_rolled_back(state: State) -> None:
    if gives_way(state, reason="manual", question="judge"):
        assert State.ROLLED_BACK in ARROWS[state]


@pytest.mark.parametrize("state", State)
def test_whoever_is_asked_has_something_to_type(state: State) -> None:
    for question in ("judge", "step migrate production"):
        found = advice(state, question=question, frozen="Olga holds it at 10%.", began=True)
        assert bool(found.commands) >= found.person


def test_a_step_that_was_cut_off_is_named() -> None:
    found = advice(State.ASKED, question="step migrate production")
    assert "“migrate production”" in found.sentence
    assert [one.text for one in found.commands] == [
        "golive happened 1.1",
        "golive again 1.1",
        "golive cancel 1.1",
    ]


def test_trouble_of_both_that_did_not_begin_with_it_needs_nobody() -> None:
    found = advice(State.HELD)
    assert not found.person
    assert "by itself" in found.sentence
    assert "newer deploy" in found.sentence


def test_what_the_judge_pulled_waits_for_the_judge() -> None:
    assert not gives_way(State.PULLED, reason="failures")
    assert not advice(State.PULLED, reason="failures").person
    assert advice(State.PULLED, reason="manual").person
