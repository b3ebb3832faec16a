"""The state machine has no unlawful arrow, and people are offered only what makes sense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.ship.releases.domain.plan import DEFAULT, Step, full_share, partial_steps, steps_again
from golive.ship.releases.domain.states import (
    ARROWS,
    BEFORE_TRAFFIC,
    CLOSED,
    MAIN,
    MEANING,
    OUT_OF_TRAFFIC,
    UNDER_TRAFFIC,
    State,
    UnlawfulArrow,
    check_arrow,
)
from golive.ship.releases.domain.verbs import LAWFUL, Verb, allowed

states = st.sampled_from(list(State))


def test_every_state_has_arrows_and_a_meaning() -> None:
    assert set(ARROWS) == set(MEANING) == set(State)
    assert all(sentence.endswith(".") for sentence in MEANING.values())


@given(states, states)
def test_only_listed_arrows_pass(source: State, target: State) -> None:
    if target in ARROWS[source]:
        check_arrow(source, target)
    else:
        with pytest.raises(UnlawfulArrow):
            check_arrow(source, target)


def lawful(source: State, target: State, *, served: bool) -> bool:
    try:
        check_arrow(source, target, served=served)
    except UnlawfulArrow:
        return False
    return True


@given(st.data())
def test_no_walk_brings_users_to_a_release_that_was_not_verified_approved_and_warm(
    data: st.DataObject,
) -> None:
    here, passed = State.QUEUED, [State.QUEUED]
    for _ in range(40):
        served = bool(UNDER_TRAFFIC & set(passed))
        ways = [way for way in sorted(ARROWS[here]) if lawful(here, way, served=served)]
        if not ways:
            break
        here = data.draw(st.sampled_from(ways))
        passed.append(here)
        if here == State.ASKED:  # it goes back to where it asked: the engine writes that, not the machine
            break
        if here in UNDER_TRAFFIC:
            assert {
                State.BUILT,
                State.GATED,
                State.VERIFIED,
                State.APPROVED,
                State.BACKED_UP,
                State.WARM,
            } <= set(passed)
        if here in (State.REJECTED, State.EXPIRED, State.CANCELLED, State.FAILED_BEFORE_TRAFFIC):
            assert not set(passed) & (UNDER_TRAFFIC | OUT_OF_TRAFFIC)


def test_blame_comes_only_after_traffic_and_nothing_returns_from_it() -> None:
    assert not ARROWS[State.ROLLED_BACK]
    for source in BEFORE_TRAFFIC:
        assert State.ROLLED_BACK not in ARROWS[source]
        assert State.PULLED not in ARROWS[source]
    for source in OUT_OF_TRAFFIC:
        assert not ARROWS[source] & UNDER_TRAFFIC  # only RESUMED leads back, in fresh processes


def test_every_state_can_end() -> None:
    for state in State:
        seen, todo = {state}, [state]
        while todo:
            for following in ARROWS[todo.pop()]:
                if following not in seen:
                    seen.add(following)
                    todo.append(following)
        assert seen & CLOSED


@given(states, st.sampled_from(["", "judge", "step migrate production"]), st.booleans(), st.booleans())
def test_offered_verbs_are_lawful(state: State, question: str, frozen: bool, sole: bool) -> None:
    for verb in allowed(state, question=question, frozen=frozen, sole=sole):
        assert state in LAWFUL[verb]
        assert not (sole and verb in (Verb.PULL, Verb.ROLLBACK))


def test_states_under_traffic_always_offer_a_way_back() -> None:
    for state in UNDER_TRAFFIC | OUT_OF_TRAFFIC:
        assert Verb.ROLLBACK in allowed(state)
    assert allowed(State.ASKED, question="judge") == (Verb.RESUME, Verb.ROLLBACK)
    assert set(allowed(State.ASKED, question="step x")) == {Verb.CANCEL, Verb.HAPPENED, Verb.AGAIN}


shares = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5, unique=True).map(sorted)


@given(shares, st.booleans(), st.booleans(), st.one_of(st.none(), st.floats(0, 1000)), st.booleans())
def test_steps_are_partial_and_rise(
    shares: list[float], first: bool, blue_green: bool, rate: float | None, owners: bool
) -> None:
    steps = [Step(share, 1, 2) for share in shares]
    found = partial_steps(steps, first=first, blue_green=blue_green, rate=rate, owners=owners)
    got = [step.share for step in found]
    assert got == sorted(got)
    assert all(share < 1 for share in got)
    if first or blue_green:
        assert not got
    if got and not owners and rate is not None and rate < 5:
        assert got[0] >= 0.5


def test_plans_at_their_edges() -> None:
    assert [s.share for s in partial_steps(DEFAULT, first=False, blue_green=False, rate=0.2, owners=False)] == [0.5]
    quiet = {"first": False, "blue_green": False, "rate": None, "quiet": True}
    assert partial_steps(DEFAULT, owners=False, **quiet) == ()
    assert len(partial_steps(DEFAULT, owners=True, **quiet)) == 2
    assert steps_again([]) == DEFAULT
    assert steps_again(DEFAULT) == DEFAULT
    assert steps_again([Step(0.5, 3, 4)]) == (Step(0.2, 3, 4), Step(0.5, 3, 4))
    assert steps_again([Step(0.5, 3, 4)], cleared=True) == (Step(0.5, 3, 4),)
    assert steps_again(steps_again([Step(0.5, 3, 4)])) == steps_again([Step(0.5, 3, 4)])
    assert full_share(hold_back=0.03, control=True) == pytest.approx(0.97)
    assert full_share(hold_back=0.03, control=False) == 1.0
    assert MAIN[0] == State.QUEUED
    with pytest.raises(ValueError, match="share"):
        Step(0, 1, 2)
    with pytest.raises(ValueError, match="at_least"):
        Step(0.5, 3, 2)
