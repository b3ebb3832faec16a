"""No two releases of a service are called the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.ship.releases.domain.naming import apart


@pytest.mark.parametrize(
    ("version", "taken", "name"),
    [
        ("1.4.2", (), "1.4.2"),
        ("1.4.2", ("1.4.2",), "1.4.2+2"),
        ("1.4.2", ("1.4.2", "1.4.2+2"), "1.4.2+3"),
        ("1.4.2+linux", ("1.4.2+linux",), "1.4.2+linux.2"),
        ("a1b2c3d4e5", ("1.4.2",), "a1b2c3d4e5"),
    ],
)
def test_the_number_is_the_first_that_is_free(version: str, taken: tuple[str, ...], name: str) -> None:
    assert apart(version, taken) == name


@given(st.lists(st.text(max_size=90), max_size=40))
def test_names_never_meet_and_fit_into_their_column(versions: list[str]) -> None:
    taken: set[str] = set()
    for version in versions:
        name = apart(version, taken)
        assert name not in taken
        assert len(name) <= 80
        taken.add(name)
