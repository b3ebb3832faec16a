"""Lines of files: cutting, joining and reading them loses nothing and never raises."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from golive.adapters.clickhouse import lines

WINDOW = lines.Window(now=2_000_000_000.0, oldest=1_999_000_000.0)


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=10**12))
def test_cutting_is_complete(data, start):
    cut = lines.split(data, start, whole=True)
    assert sum(line.length for line in cut) == len(data)
    position = start
    for line in cut:
        assert line.offset == position
        position += line.length


pieces = st.sampled_from(
    [
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in f',
        "    x()",
        "ValueError: x",
        "",
        "During handling of the above exception, another exception occurred:",
        "words",
    ]
)


@given(st.lists(pieces, max_size=30))
def test_joining_keeps_every_line_in_order(texts):
    cut = lines.split("".join(f"{text}\n" for text in texts).encode(), 0, whole=True)
    joined = list(lines.records(cut, final=True))
    assert [line for record in joined for line in record.lines] == cut
    early = list(lines.records(cut, final=False))
    assert joined[: len(early)] == early


json_like = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(["ts", "code", "ms", "path", "message", "level", "time", "trace_id", "exc_info"])


@given(st.dictionaries(names, json_like))
def test_reading_never_raises(fields):
    import json

    line = lines.Line(0, 1, json.dumps(fields).encode())
    row = lines.edge_row(line, WINDOW)
    assert row is not None
    assert 0 <= row["Status"] <= 65535
    assert WINDOW.oldest <= float(row["Timestamp"]) <= WINDOW.now + lines.FUTURE_SECONDS
    lines.app_row(lines.Record([line]), {}, WINDOW)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_line(data):
    line = lines.Line(0, len(data), data)
    lines.edge_row(line, WINDOW)
    lines.app_row(lines.Record([line]), {}, WINDOW)


def test_times_in_every_usual_form():
    for said in (
        "2033-05-18T03:33:00Z",
        1_999_999_980,
        1_999_999_980_000,
        "1999999980.0",
        "2033-05-18 03:33:00,000",
    ):
        record = lines.Record(
            [
                lines.Line(
                    0,
                    1,
                    f'{{"message": "x", "time": {said if isinstance(said, int) else chr(34) + said + chr(34)}}}'.encode(),
                )
            ]
        )
        row = lines.app_row(record, {}, WINDOW)
        assert row is not None
        assert float(row["Timestamp"]) == 1_999_999_980


def test_no_depth_of_nesting_fails():
    """One line that raises would stop the reading of every file, again after each restart."""
    for depth in range(sys.getrecursionlimit() - 150, sys.getrecursionlimit() + 50):
        nested = b"[" * depth + b"]" * depth
        for name in (b"a", b"level", b"message", b"path", b"ts"):
            data = b'{"%s": %s}' % (name, nested)
            line = lines.Line(0, len(data) + 1, data)
            assert lines.app_row(lines.Record([line]), {}, WINDOW) is not None
            lines.edge_row(line, WINDOW)
