"""A record that was touched does not verify."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from golive.ship.releases.domain.record import GENESIS, Link, digest, verify

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
facts = st.dictionaries(
    st.text(max_size=8),
    st.one_of(
        st.none(),
        st.integers(),
        st.text(max_size=8),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    max_size=3,
)
records = st.lists(st.tuples(st.sampled_from(["STEP", "FULL", "split"]), facts), min_size=1, max_size=6)


def chain(entries: list[tuple[str, dict[str, object]]]) -> list[Link]:
    links, previous = [], GENESIS
    for seq, (kind, what) in enumerate(entries, 1):
        at = START + timedelta(seconds=seq)
        head = digest("rel_1", seq, at, kind, what, previous)
        links.append(Link(seq, at, kind, what, previous, head))
        previous = head
    return links


@given(records)
def test_an_untouched_chain_holds(entries: list[tuple[str, dict[str, object]]]) -> None:
    check = verify("rel_1", chain(entries))
    assert check.holds
    assert check.entries == len(entries)
    assert not verify("rel_2", chain(entries)).holds


@given(records, st.data())
def test_any_change_shows(entries: list[tuple[str, dict[str, object]]], data: st.DataObject) -> None:
    links = chain(entries)
    n = data.draw(st.integers(0, len(links) - 1))
    how = data.draw(st.sampled_from(["facts", "kind", "at", "drop", "swap"]))
    if how == "drop":
        if n == len(links) - 1:
            return  # a missing end is what the head in the release mail is for
        del links[n]
    elif how == "swap":
        if n == 0:
            return
        links[n - 1], links[n] = links[n], links[n - 1]
    elif how == "facts":
        links[n] = replace(links[n], facts=links[n].facts | {"added": True})
    elif how == "kind":
        links[n] = replace(links[n], kind="other")
    else:
        links[n] = replace(links[n], at=links[n].at + timedelta(microseconds=1))
    assert not verify("rel_1", links).holds
