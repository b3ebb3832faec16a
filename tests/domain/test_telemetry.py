"""Normalisers: what varies disappears, what names the cause stays; rates: what is steady looks steady."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.watch.telemetry import domain
from golive.watch.telemetry.queries.traffic import Overview, Point, Traffic


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("order 12 of user u77 took 3.5ms", "order <*> of user <*> took <*>"),
        ("connect to 10.0.0.1:5432 failed", "connect to <*> failed"),
        ("mail to ann@market.example bounced", "mail to <*> bounced"),
        ("job 5e1f0a2b-0000-4000-8000-00000000abcd done", "job <*> done"),
        ('duplicate key "orders_pkey"', "duplicate key <*>"),
        ("KeyError: 'card'", "KeyError: <*>"),
        ("don't panic, it's fine", "don't panic, it's fine"),
        ("at 2026-11-25T16:00:00,123 began", "at <*> began"),
        ("digest abcdefabcdef stored", "digest <*> stored"),
        ("plain words", "plain words"),
    ],
)
def test_templates(message, template):
    assert domain.template(message) == template


def test_what_varies_stands_apart_from_the_words():
    assert domain.pieces("slot <*> held for <*>") == [("slot ", False), ("…", True), (" held for ", False), ("…", True)]


@given(st.text(), st.integers(min_value=0))
def test_numbers_never_part_a_pattern(text, number):
    assert domain.pattern_id(f"id {number} is gone") == domain.pattern_id("id 7 is gone")
    assert len(domain.pattern_id(text)) == 16


STACK = """Traceback (most recent call last):
  File "/h/artifacts/{digest}/.venv/lib/python3.11/site-packages/django/core.py", line {line}, in inner
    x()
  File "/h/artifacts/{digest}/market/views.py", line {line}, in checkout
    pay()
ValueError: bad
"""


def test_an_error_is_the_same_in_another_release_and_line():
    first = domain.error_group("ValueError", "order 1", STACK.format(digest="aa", line=3))
    second = domain.error_group("ValueError", "order 2", STACK.format(digest="bb", line=9))
    assert first == second
    assert domain.frames(STACK.format(digest="aa", line=3)) == ["views.py:checkout"]
    assert domain.error_group("KeyError", "order 1", STACK.format(digest="aa", line=3)) != first


def test_frames_of_other_languages():
    node = "Error: x\n    at pay (/app/a.js:3:1)\n    at Object.run (/app/b.js:9:2)"
    assert domain.frames(node) == ["pay ", "Object.run "]


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/orders/12/items/7?page=2", "/orders/{id}/items/{id}"),
        ("/o/5e1f0a2b-0000-4000-8000-00000000abcd", "/o/{id}"),
        ("/t/9f86d081884c7d659a2feaa0c55ad015", "/t/{id}"),
        ("/products/apples-and-pears", "/products/apples-and-pears"),
        ("/", "/"),
        ("", ""),
    ],
)
def test_routes(path, route):
    assert domain.route_template(path) == route


@pytest.mark.parametrize("site", ["", "shop", "shop/", "/x", "a/b/c"])
def test_what_is_no_site(site):
    with pytest.raises(ValueError, match="not a site"):
        domain.split_site(site)


ids = st.sampled_from("abcdef")


@given(st.lists(st.tuples(ids, st.one_of(ids, st.just("")))))
def test_a_waterfall_shows_every_span_once_even_in_loops(spans):
    order = domain.depth_first(spans)
    assert sorted(span for span, _ in order) == sorted({span for span, _ in spans})


def test_a_waterfall_is_depth_first():
    spans = [("root", ""), ("a", "root"), ("b", "root"), ("a1", "a"), ("lost", "gone")]
    assert domain.depth_first(spans) == [("root", 0), ("a", 1), ("a1", 2), ("b", 1), ("lost", 0)]


@pytest.mark.parametrize("begun", [0, 3, 45, 89])
def test_steady_traffic_draws_a_steady_line_up_to_now(begun):
    until = datetime(2026, 11, 19, 14, 30, tzinfo=UTC) + timedelta(seconds=begun)
    at = [until - timedelta(seconds=begun + 90 * back) for back in (2, 1, 0)]
    points = [Point(moment, 10 * seconds, 0, 1.0, 1.0) for moment, seconds in zip(at, (90, 90, begun), strict=True)]
    assert Overview("shop/production", at[0], until, Traffic(), points, []).rates() == [10, 10, 10]
    assert Overview("shop/production", at[0], until, Traffic(), [], []).rates() == []
