"""Append to the chain and verify it.

`previous` is unique, so two writers that saw the same head cannot both append: the loser's transaction is
rolled back by the database rather than forking the chain. SHA-256 over canonical JSON (FIPS 180-4).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from golive.kernel import clock

if TYPE_CHECKING:  # models can only be imported once Django is up; this package is imported before
    from golive.kernel.audit.models import Entry

GENESIS = "0" * 64
LONGEST_NAME = 120  # PostgreSQL refuses more, and with it the act; a mail address may have 254


@dataclass(frozen=True)
class Verification:
    """Whether the chain holds; `broken_at` is the id of the first entry that does not fit."""

    entries: int
    head: str
    broken_at: int | None

    @property
    def holds(self) -> bool:
        return self.broken_at is None


def record(*, actor: str, action: str, subject: str, facts: dict[str, Any] | None = None) -> "Entry":
    """Append one act in the surrounding transaction, or in one of its own; of names, 120 characters are kept."""
    from golive.kernel.audit.models import Entry

    with transaction.atomic():
        if connection.vendor == "postgresql":
            # One appender at a time; SQLite has a single writer anyway.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(7236110)")
        head = Entry.objects.order_by("-pk").values_list("hash", flat=True).first() or GENESIS
        entry = Entry(
            at=clock.now(),
            actor=actor[:LONGEST_NAME],
            action=action,
            subject=subject[:LONGEST_NAME],
            facts=facts or {},
            previous=head,
        )
        entry.hash = _digest(entry)
        entry.save()
    return entry


def verify() -> Verification:
    """Walk the whole chain; O(entries)."""
    from golive.kernel.audit.models import Entry

    previous, count = GENESIS, 0
    for entry in Entry.objects.order_by("pk").iterator():
        if entry.previous != previous or entry.hash != _digest(entry):
            return Verification(count, previous, entry.pk)
        previous, count = entry.hash, count + 1
    return Verification(count, previous, None)


def _digest(entry: "Entry") -> str:
    at: datetime = entry.at
    body = [
        at.astimezone(UTC).isoformat(),
        entry.actor,
        entry.action,
        entry.subject,
        entry.facts,
        entry.previous,
    ]
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
