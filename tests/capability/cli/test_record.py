"""The head of a record, from a message about a release, is looked for in the record as it is now."""

import pytest

from golive.ship.releases.models import Record
from golive.ship.releases.queries import check_record, record
from tests.support.ship_world import world

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_head_is_held_until_somebody_writes_the_record_anew(served):
    with world() as w:
        one = w.ship("1.0")
    entry = record(one)[2]
    said = served("show", "1.0", "--head", entry.hash)
    assert said.code == 0, said.err
    assert f"entry 3 of {len(record(one))}" in said.out
    assert served("show", one, "--head", entry.hash, "--json").json["holds"]

    Record.objects.filter(release_id=one, seq=3).update(facts={"sentence": "Nothing happened."})
    said = served("show", "1.0", "--head", entry.hash)
    assert (said.code, "Entry 3" in said.out) == (1, True)

    rewritten = check_record(one).head
    Record.objects.filter(release_id=one, seq__gte=3).delete()
    assert check_record(one).holds
    assert served("show", "1.0", "--head", rewritten).code == 0
    said = served("show", "1.0", "--head", entry.hash)
    assert (said.code, "does not hold it" in said.out) == (1, True)
