"""The chain of a record holds in every database."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from golive.ship.releases.domain.record import GENESIS, digest

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)


def through_jsonb(facts: Any) -> Any:
    """What PostgreSQL gives back: decimals written out, whole ones without a point when they had an exponent."""

    def number(text: str) -> Any:
        written = format(Decimal(text), "f")
        written = "0.0" if float(written) == 0 else written
        return float(written) if "." in written else int(written)

    return json.loads(json.dumps(facts), parse_float=number)


@given(st.dictionaries(st.text(max_size=5), NUMBERS | st.lists(NUMBERS, max_size=3), max_size=5))
def test_it_is_the_same_after_a_round_through_postgresql(facts: dict[str, Any]) -> None:
    stored = through_jsonb(facts)
    assert digest("r", 1, AT, "K", stored, GENESIS) == digest("r", 1, AT, "K", facts, GENESIS)


def test_weights_of_evidence_are_large() -> None:
    assert digest("r", 1, AT, "K", {"e": 10**22}, GENESIS) == digest("r", 1, AT, "K", {"e": 1e22}, GENESIS)
