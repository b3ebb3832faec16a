"""An edit, a deletion and a reordering of the audit log show."""

import pytest
from django.db import connection

from golive.kernel import audit
from golive.kernel.audit.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries() -> list[Entry]:
    return [audit.record(actor="a", action="x", subject=f"s{n}", facts={"n": n, "ü": [1.5, None]}) for n in range(5)]


def test_untouched_chain_holds(entries):
    verification = audit.verify()
    assert verification.holds
    assert (verification.entries, verification.head) == (5, entries[-1].hash)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_entry SET actor='b' WHERE id={2}",
        "UPDATE audit_entry SET facts='{{}}' WHERE id={2}",
        "DELETE FROM audit_entry WHERE id={1}",
        "UPDATE audit_entry SET hash='0' WHERE id={3}",
    ],
)
def test_tampering_shows(entries, tampering):
    with connection.cursor() as cursor:
        cursor.execute(tampering.format(*(entry.pk for entry in entries)))
    assert not audit.verify().holds


def test_a_long_mail_address_does_not_keep_its_owner_out():
    entry = audit.record(actor="a" * 254, action="login", subject="b" * 254)
    assert (len(entry.actor), len(entry.subject)) == (120, 120)
    assert audit.verify().holds


def test_entries_are_neither_changed_nor_deleted(entries):
    with pytest.raises(TypeError):
        entries[0].delete()
    entries[0].actor = "someone else"
    with pytest.raises(Exception, match=r"(?i)unique|integrity"):
        entries[0].save()
