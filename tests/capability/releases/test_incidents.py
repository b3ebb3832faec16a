"""What the engine of releases really says, as those who respond understand it."""

import threading

import pytest
from django.db import connection, connections

from golive.kernel.problems import Problem
from golive.respond.incidents import operations, queries
from golive.respond.incidents.domain import Diagnosis, Severity
from golive.respond.incidents.operations import Subject
from golive.ship.judge.domain.standing import FAULTS
from tests.support.ship_world import PATIENT, world

pytestmark = pytest.mark.django_db(transaction=True)
TROUBLE = Diagnosis(Severity.SEV2, "shop is in trouble", blames=False)


@pytest.mark.parametrize("fault", ["crash_loop", "readiness_lost"])
def test_a_first_release_that_is_down_is_an_outage(fault: str) -> None:
    assert fault in FAULTS
    with world(PATIENT) as w:
        one = w.ship("1.0")
        for _ in range(5):
            w.second()
        replicas = w.target.running[(one, "production")]
        w.target.wrong[one] = [(replica.id, fault) for replica in replicas]
        w.run(lambda: bool(queries.latest()), seconds=60, what="an incident")
        (found,) = queries.latest()
        assert (found.severity, found.release) == ("SEV1", one)
        assert "is down in production" in found.title


def test_what_fails_after_production_was_touched_is_an_incident() -> None:
    with world() as w:
        w.target.fails = {"boot staging": Problem("No room.")}
        w.until(w.queue("1.0"), "FAILED_BEFORE_TRAFFIC")
        assert queries.latest() == []
        w.target.fails = {"migrate production": Problem("The column exists already.")}
        two = w.queue("1.1")
        w.until(two, "FAILED_BEFORE_TRAFFIC")
        (found,) = queries.latest()
        assert (found.severity, found.release) == ("SEV3", two)
        assert found.sentence == "The column exists already."


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write at a time")
def test_incidents_at_the_same_moment_get_numbers_of_their_own_and_one_key_opens_once() -> None:
    ready = threading.Barrier(8)

    def report(number: int) -> None:
        ready.wait(30)
        operations.report(
            dedup_key=f"site:{number % 4}", diagnosis=TROUBLE, subject=Subject("shop"), sentence="It fails."
        )
        connections.close_all()

    threads = [threading.Thread(target=report, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = queries.latest()
    assert sorted(one.number for one in found) == [1, 2, 3, 4]
    assert [one.occurrences for one in found] == [2, 2, 2, 2]
