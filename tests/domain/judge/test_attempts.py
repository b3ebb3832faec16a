import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.ship.judge.domain import Attempt, Timeline, parse
from golive.ship.judge.domain.routes import template

LINE = {
    "ts": "1732550400.123456",
    "request": "0b7c9c1e-6f0e-4d0e-9a63-5b1f6a1f0a11",
    "method": "GET",
    "path": "/orders/17",
    "code": 200,
    "flags": "-",
    "ms": 12,
    "release": "rel_1",
    "replica": "127.0.0.1:1234",
    "route": None,
    "visitor": "c0ffee",
    "ip": "10.0.0.1",
    "ua": "curl",
    "site": "farmersmarket/production",
    "kind": "safe",
}


def read(**changes) -> Attempt | None:
    return parse(json.dumps(LINE | changes), Timeline(), 5.0)


def test_a_line_becomes_an_attempt():
    got = read()
    assert got is not None
    assert (got.route, got.release, got.status, got.ms, got.known, got.t) == (
        "GET /orders/{id}",
        "rel_1",
        200,
        12.0,
        True,
        5.0,
    )
    assert "c0ffee" not in got.client


def test_a_first_visit_has_no_cookie_yet_and_is_named_by_address_and_agent():
    first = read(visitor=LINE["request"])
    assert first is not None
    assert not first.known
    assert first.client == read(visitor=None).client


def test_a_client_that_left_is_no_failure():
    assert read(code=0, flags="DC").left
    assert not read(code=0, flags="UF,URX").left


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(
    st.text()
    | st.binary()
    | st.dictionaries(st.sampled_from(sorted(LINE)), scalars | st.lists(scalars)).map(json.dumps)
    | st.dictionaries(st.sampled_from(sorted(LINE)), scalars).map(lambda d: json.dumps(LINE | d)),
    st.floats(0, 1e9),
)
def test_garbage_never_raises(line, arrival):
    got = parse(line, Timeline(), arrival)
    if got is not None:
        assert 0 <= got.status <= 999
        assert arrival - 10.001 <= got.t <= arrival
        assert len(got.route) <= 140
        assert len(got.client) == 12


@pytest.mark.parametrize("line", ["[" * 20_000, '{"code":' * 3000, "{}" * 10_000, "null", "9" * 9000])
def test_hostile_json_is_no_attempt(line):
    assert parse(line, Timeline(), 1.0) is None


@pytest.mark.parametrize(
    ("method", "path", "route", "expected"),
    [
        ("GET", "/product/42", None, "GET /product/{id}"),
        ("HEAD", "/", None, "GET /"),
        ("POST", "/a/3f2b8c9a-1111-4222-8333-444455556666/b?x=1", None, "POST /a/{id}/b"),
        ("GET", "/t/deadbeefdeadbeef", None, "GET /t/{id}"),
        ("GET", "/x/1", "/x/<int:pk>", "GET /x/<int:pk>"),
        ("BREW", "/pot", None, "OTHER /pot"),
        ("GET", "/2024-11-25/report", None, "GET /{id}/report"),
    ],
)
def test_templates(method, path, route, expected):
    assert template(method, path, route) == expected


@given(st.text(), st.text(), st.none() | st.text())
def test_any_path_has_a_short_printable_template(method, path, route):
    got = template(method, path, route)
    assert len(got) <= 128
    assert got.isprintable()


def test_late_lines_are_placed_where_they_happened():
    line = Timeline()
    assert line.place(1000.0, 50.0) == 50.0
    assert line.place(1001.0, 54.0) == pytest.approx(51.0)
    assert line.place(1002.0, 90.0) == 80.0  # later than believed


def test_a_step_of_the_wall_clock_is_learned():
    forward, back = Timeline(), Timeline()
    for i in range(60):
        forward.place(1000.0 + i, 50.0 + i)
        back.place(9000.0 + i, 50.0 + i)
    assert forward.place(5000.0, 111.0) == 111.0
    placed = [back.place(1000.0 + i, 111.0 + i) for i in range(40)]
    assert placed[-1] == pytest.approx(111.0 + 39)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 5)), max_size=100))
def test_no_time_is_in_the_future_or_older_than_ten_seconds(lines):
    timeline, arrival = Timeline(), 100.0
    for logged, pause in lines:
        arrival += pause
        assert arrival - 10.001 <= timeline.place(logged, arrival) <= arrival
