"""Figures as a person would say them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.kernel.ui import words

NOW = datetime(2026, 11, 19, 14, 32, 8, tzinfo=UTC)


def plain(said: str) -> str:
    return said.replace(words.NBSP, " ")


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.0019, "0.19 %"),
        (0.159, "15.9 %"),
        (0.1, "10 %"),
        (0.9998, "99.98 %"),
        (0.999999, "99.99 %"),
        (0.000001, "<0.01 %"),
        (None, "–"),
    ],
)
def test_shares(share, said):
    assert plain(words.percent(share)) == said


@given(st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True))
def test_a_part_never_reads_as_nothing_or_all(share):
    assert words.percent(share).split(words.NBSP)[0] not in {
        "0",
        "0.00",
        "0.0",
        "100",
        "100.0",
        "100.00",
    }


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (4.2, "4.2 ms"),
        (142.4, "142 ms"),
        (999.4, "999 ms"),
        (2041, "2.04 s"),
        (72_000, "1 min 12 s"),
        (0, "0 ms"),
        (None, "–"),
    ],
)
def test_latencies(ms, said):
    assert plain(words.milliseconds(ms)) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0.4 s"),
        (12, "12 s"),
        (59.7, "1 min"),
        (105, "1 min 45 s"),
        (13_020, "3 h 37 min"),
        (3600, "1 h"),
        (90_000, "1 d 1 h"),
        (518_400, "6 days"),
        (timedelta(minutes=5), "5 min"),
    ],
)
def test_durations(seconds, said):
    assert plain(words.duration(seconds)) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (0, "now"),
        (2, "2 s ago"),
        (119, "1 min ago"),
        (7200, "2 h ago"),
        (86_400, "1 day ago"),
        (6 * 86_400, "6 days ago"),
        (-42, "in 42 s"),
    ],
)
def test_how_long_since(ago, said):
    assert plain(words.ago(NOW - timedelta(seconds=ago), NOW)) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.612, "0.61"), (20.54, "20.5"), (148.2, "148"), (12_345, "12,000"), (3e9, "over a million")],
)
def test_weights_of_evidence(value, said):
    assert words.evidence(value) == said


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (0, "0 bytes"),
        (412_000, "412 KB"),
        (1_400_000_000, "1.4 GB"),
        (3e15, "3000 TB"),
        (None, "–"),
    ],
)
def test_sizes(octets, said):
    assert plain(words.size(octets)) == said


def test_counts_and_plurals():
    assert words.count(48_310) == "48,310"
    assert plain(words.count(1_300_000)) == "1.3 million"
    assert plain(words.plural(1, "entry", "entries")) == "1 entry"
    assert plain(words.plural(0, "commit")) == "0 commits"
    assert (words.rate(38.44), words.rate(0.01), words.rate(0), words.rate(1204.4)) == (
        "38.4",
        "<0.1",
        "0",
        "1,204",
    )
    assert (
        words.countdown(42),
        words.countdown(725),
        words.countdown(3600),
        words.countdown(-3),
    ) == ("0:42", "12:05", "1:00:00", "0:00")


def test_a_traceback_begins_at_the_repository():
    text = 'File "/x/sites/rel_1-production/app/shop/pay.py", line 7, in pay\n    charge()\n    ^^^^^^^^\nFile "/x/app/.venv/lib/python3.11/site-packages/httpx/_client.py", line 1'
    assert words.traceback(text) == 'File "shop/pay.py", line 7, in pay\n    charge()\nFile "httpx/_client.py", line 1'


def test_the_end_of_an_axis_has_no_idle_noughts():
    ends = ("25.0/s", "1.00 s", "2.50 s", "0.05 %", "10 %", "1,000/s")
    assert [words.axis(said) for said in ends] == ["25/s", "1 s", "2.5 s", "0.05 %", "10 %", "1,000/s"]


def test_of_a_long_text_the_first_sentence_is_the_news():
    caveat = "At this traffic (173 requests at 30 %) only a fault that fails at least 5.6 % of the requests would have been seen."
    assert words.news("50 % of the users are on 1.1. Next is 1.2.") == (
        "50 % of the users are on 1.1. Next is 1.2.",
        "",
    )
    assert words.news(f"50 % of the users are on 1.1. {caveat}") == ("50 % of the users are on 1.1.", caveat)
    assert words.begun(f"{caveat} {caveat}").endswith("would have been seen. At this traffic (173…")
