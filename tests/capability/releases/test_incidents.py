"""What the engine of releases really says, as those who respond understand it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from golive.kernel.problems import Problem
from golive.respond.incidents import operations, queries
from golive.respond.incidents.domain import Diagnosis, Severity
from golive.respond.incidents.operations import Subject
from golive.ship.judge.domain.standing import FAULTS
from golive.ship.releases import queries as releases
from golive.ship.releases.events import ReleaseAsked
from golive.ship.releases.operations import arrows
from tests.support.ship_world import PATIENT, World, canary, world

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


def golive_fails(w: World) -> Callable[[], None]:
    """Have golive itself fail at every look at the release that it judges; the answer ends that."""
    asks = w.target.faults

    def fails(*_: str) -> list[tuple[str, str]]:
        raise OSError(24, "Too many open files")

    def ends() -> None:
        w.target.faults = asks  # type: ignore[method-assign]

    w.target.faults = fails  # type: ignore[method-assign]
    return ends


def test_what_golive_itself_failed_at_is_over_when_it_goes_on_and_asked_anew_when_it_fails_again() -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
        for times in (1, 2):
            ends = golive_fails(w)
            w.run(lambda: bool(queries.open_incidents()), seconds=60, what="an incident")
            for _ in range(20):
                w.second()
            (found,) = queries.open_incidents()
            assert (found.severity, found.state, found.release) == ("SEV3", "TRIGGERED", two)
            assert found.occurrences == times
            ends()
            w.run(lambda: queries.open_incidents()[0].state == "MITIGATED", seconds=20, what="its end")
            assert not w.release(two).waits_for
            told = [entry.kind for entry in releases.record(two)]
            assert (told.count("release.asked"), told.count("release.goes-on")) == (times, times)


def test_an_incident_that_is_about_more_than_golives_own_failure_stays_open() -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
        ends = golive_fails(w)
        w.run(lambda: bool(queries.open_incidents()), seconds=60, what="an incident")
        row = w.release(two)
        with transaction.atomic():
            arrows.tell(row, ReleaseAsked, at=w.clock.now(), reason="inconclusive", sentence="Promote it?")
        ends()
        w.run(lambda: "stuck" not in w.release(two).facts, seconds=20, what="the end of it")
        (found,) = queries.open_incidents()
        assert found.state == "TRIGGERED"
        assert "release.goes-on" in [entry.kind for entry in queries.timeline(found.id)]


def test_people_are_told_of_golives_failure_though_the_first_telling_of_it_failed_too() -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
        golive_fails(w)
        refused: list[str] = []

        def refuse_once(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            """The state database is away when people are to be told."""
            if sql.startswith("INSERT") and "releases_record" in sql and not refused:
                refused.append(sql)
                raise OperationalError("gone")
            return execute(sql, *rest)

        with connection.execute_wrapper(refuse_once):
            w.run(lambda: bool(queries.open_incidents()), seconds=60, what="an incident")
        assert refused
        assert [entry.kind for entry in releases.record(two)].count("release.asked") == 1
