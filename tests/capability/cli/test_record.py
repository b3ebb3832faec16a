"""The head of a record, from a message about a release, is looked for in the record as it is now."""

import pytest

from golive.ship.judge.queries import journal_path
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


def test_a_replay_of_a_journal_that_was_cut_fails(served):
    with world() as w:
        w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.ship("1.1")
        said = served("replay", "1.1")
        assert (said.code, "the same decisions to the last digit" in said.out) == (0, True), said.err
        journal = journal_path(two)
        journal.write_bytes(journal.read_bytes().partition(b"\n")[0] + b"\n")
        said = served("replay", "1.1")
        assert (said.code, "was cut" in said.out) == (1, True)
        assert served("replay", "1.0").code == 0, "that there is nothing to compare is no failure"
