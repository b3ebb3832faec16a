"""Who is asked when, and the signed link."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.respond.paging.domain import (
    PATIENCE,
    Link,
    ask_again_after,
    first_choices,
    read,
    sign,
)

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
