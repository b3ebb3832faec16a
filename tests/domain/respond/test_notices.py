"""Who hears of what, and words that stay words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.respond.notices.domain import (
    LONGEST_SUBJECT,
    Cast,
    News,
    Reached,
    Way,
    audience,
    subject,
    text,
    together,
)
from golive.ship.services.domain.manifest import OCCASIONS, Occasion

CAST = Cast("mira@x.org", "Olga@x.org", ["ada@x.org", "ben@x.org"], ["ines@y.net", "Ada@x.org"])
HEAD = "7c" * 32


@pytest.mark.parametrize("occasion", OCCASIONS)
def test_everyone_hears_once_and_who_started_it_knows(occasion: Occasion) -> None:
    heard = audience(occasion, CAST)
    assert len(heard) == len(set(heard))
    assert {"mira@x.org", "ines@y.net", "ada@x.org"} <= set(heard)
    assert ("olga@x.org" in heard) is (occasion != "started")
    assert ("ben@x.org" in heard) is (occasion == "approval")


def test_people_in_one_room_hear_it_together() -> None:
    room, mail = Way("ch_1", "room", ""), Way("ch_2", "mail", "c@x.org")
    a, b, c, d, e = (
        Reached(f"{name}@x.org", name, way)
        for name, way in (("a", room), ("b", room), ("c", mail), ("d", None), ("e", None))
    )
    assert together([a, b, c, d, e]) == [[a, b], [c], [d], [e]]


@given(st.text(max_size=400), st.sampled_from(OCCASIONS))
def test_no_words_break_a_line_or_steer_a_terminal(words: str, occasion: Occasion) -> None:
    news = News(occasion, "was asked for", "rel_1", "shop", words, "production", words, HEAD, words, words, words)
    said = subject(news)
    assert len(said) <= LONGEST_SUBJECT
    assert said.startswith("[golive] shop ")
    lines = text(news).split("\n")
    assert len(lines) == (5 if occasion == "approval" else 4)
    assert lines[-1] == f"Whether the record still holds it: golive show rel_1 --head {HEAD}"
    for line in (said, *lines):
        assert not any(unicodedata.category(one)[0] == "C" for one in line)
