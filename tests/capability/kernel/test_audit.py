"""An edit, a deletion and a reordering of the audit log show."""

import pytest
from django.db import connection

from golive.kernel import audit
from golive.kernel.access.models import Person
from golive.kernel.access.operations import create_person
from golive.kernel.access.roles import GOLIVE, Role
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


def test_the_page_says_facts_in_words_and_leads_to_what_the_act_was_about(client):
    reader = create_person(by=GOLIVE, email="vera@example.org", name="Vera", role=Role.VIEWER)
    client.force_login(Person.objects.get(pk=reader.pk))
    audit.record(
        actor="mira@example.org", action="release.approved", subject="rel_01", facts={"digest": "c4648a75df18" * 5}
    )
    audit.record(
        actor="mira@example.org", action="oncall.changed", subject="on-call", facts={"level1": ["ada"], "level2": []}
    )
    page = client.get("/audit").content.decode()
    assert '<a href="/releases/rel_01">rel_01</a>' in page
    assert "digest c4648a75df18…" in page
    assert "on-call list changed" in page
    assert "level1 ada, level2 none" in page
