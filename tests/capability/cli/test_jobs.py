"""`golive jobs`: what golive gave up on, in a terminal."""

import pytest

from golive.kernel import clock
from golive.kernel.durable import queries
from golive.kernel.durable.models import JobRow, JobState

pytestmark = pytest.mark.django_db(transaction=True)


def given_up(number: int) -> str:
    now = clock.now()
    row = JobRow.objects.create(
        id=f"job_{number}",
        kind="ship.evidence",
        key=f"rel_{number}",
        state=JobState.DEAD,
        attempt=6,
        error="OSError: no space left",
        created_at=now,
        closed_at=now,
    )
    return str(row.pk)


def test_it_is_listed_tried_again_and_let_go(served):
    assert "gave up on nothing" in served("jobs", "list").err
    again, gone = given_up(1), given_up(2)
    listed = served("jobs", "list")
    assert "The evidence of a release that was pulled was not gathered." in listed.out
    assert "OSError: no space left" in listed.out
    assert [one["tries"] for one in served("jobs", "list", "--json").json] == [6, 6]
    assert "It is tried again now." in served("jobs", "retry", again).out
    assert "It is not tried again." in served("jobs", "forget", gone).out
    assert queries.dead_letters() == []
    found = [queries.get(one) for one in (again, gone)]
    assert [one.state for one in found if one] == ["READY", "DONE"]
    refused = served("jobs", "retry", gone)
    assert (refused.code, "not DEAD" in refused.err) == (5, True)
    assert served("jobs", "retry", "job_none").code == 4
