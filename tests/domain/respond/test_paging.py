"""Who is asked when, and the signed link."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.respond.incidents import domain as incidents
from golive.respond.paging.domain import (
    PATIENCE,
    Link,
    ask_again_after,
    first_choices,
    read,
    sign,
)
from golive.ship.judge.domain.standing import FAULTS
from golive.ship.releases.domain.states import State

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LINK = Link("att_1", int(NOW.timestamp()) + 60)


def test_a_link_is_read_by_whoever_has_the_secret_until_it_expires() -> None:
    token = sign(LINK, "s")
    assert read(token, "s", now=NOW) == LINK
    assert read(token, "other", now=NOW) is None
    assert read(token, "s", now=NOW + timedelta(seconds=60)) is None


@given(st.integers(0, 200), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_link_with_any_other_character_is_refused(place: int, character: str) -> None:
    token = sign(LINK, "s")
    place %= len(token)
    forged = token[:place] + character + token[place + 1 :]
    assert read(forged, "s", now=NOW) in ({None} if forged != token else {LINK})


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert read(text, "s", now=NOW) is None


@pytest.mark.parametrize(("severity", "expected"), [("SEV1", ["a", "b"]), ("SEV2", ["a", "b"]), ("SEV3", ["a"])])
def test_severe_incidents_use_two_independent_channels_at_once(severity: str, expected: list[str]) -> None:
    assert first_choices(["a", "b", "c"], severity) == expected


def test_pauses_grow_to_a_limit() -> None:
    assert [PATIENCE.pause(n).total_seconds() for n in (1, 2, 3, 6, 100)] == [2, 4, 8, 60, 60]
    five = timedelta(minutes=5)
    assert [ask_again_after(n, five) for n in (1, 5, 6, 12, 500)] == [
        five,
        five,
        2 * five,
        4 * five,
        8 * five,
    ]


def test_an_outage_is_what_is_down_with_nothing_to_go_back_to() -> None:
    def severity(**facts: object) -> str:
        return incidents.of_question("shop", "1.2", "production", facts).severity

    assert incidents.of_pull("shop", "1.2", "production").severity == "SEV2"
    for fault in FAULTS:
        assert severity(serving=True, faults=[fault]) == "SEV1"
        assert severity(faults=[fault]) == "SEV3"
    assert severity(serving=True, faults=[]) == "SEV3"
    assert severity(question="judge") == "SEV3"


def test_the_states_that_touch_production_are_states_of_a_release() -> None:
    assert set(State) >= incidents.TOUCHED_PRODUCTION


def test_a_failure_before_production_was_touched_is_no_incident() -> None:
    assert incidents.of_failure("shop", "1.2", {"failed_in": "GATED"}) is None
    assert incidents.of_failure("shop", "1.2", {"failed_in": "MIGRATED"}) is not None
