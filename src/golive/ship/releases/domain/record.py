"""The record of a release: one hash chain per release, SHA-256 over canonical JSON (FIPS 180-4)."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

GENESIS: Final = "0" * 64
EXACT: Final = 2**53  # whole numbers above it are floating ones here (IEEE 754)


@dataclass(frozen=True)
class Link:
    """One entry as the chain sees it."""

    seq: int
    at: datetime
    kind: str
    facts: dict[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class ChainCheck:
    """Whether the chain holds; `broken_at` is the first entry that does not fit."""

    entries: int
    head: str
    broken_at: int | None

    @property
    def holds(self) -> bool:
        return self.broken_at is None


def digest(release: str, seq: int, at: datetime, kind: str, facts: dict[str, Any], previous: str) -> str:
    """Return the hash of an entry; `facts` must be JSON without NaN."""
    body = [release, seq, at.astimezone(UTC).isoformat(), kind, _stored(facts), previous]
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _stored(value: Any) -> Any:
    """Return a value as every database gives it back: PostgreSQL writes 1e+22 out in digits and knows no -0.0."""
    if isinstance(value, dict):
        return {key: _stored(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_stored(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT:
        return float(value)
    return 0.0 if isinstance(value, float) and value == 0 else value


def verify(release: str, links: Iterable[Link]) -> ChainCheck:
    """Walk the chain in order of `seq`."""
    previous, count = GENESIS, 0
    for link in links:
        right = digest(release, link.seq, link.at, link.kind, link.facts, previous)
        if (link.seq, link.previous, link.hash) != (count + 1, previous, right):
            return ChainCheck(count, previous, link.seq)
        previous, count = link.hash, count + 1
    return ChainCheck(count, previous, None)
