"""Evidence about a pulled release, also when the store is away at that moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from golive.adapters.clickhouse.client import ClickHouse
from golive.kernel.access import operations as access
from golive.kernel.access.roles import GOLIVE, Role
from golive.kernel.durable import Worker
from golive.kernel.durable import queries as durable
from golive.kernel.ports import bound
from golive.ship.artifacts.ports import Repositories
from golive.ship.evidence import (
    queries,
    subscribers,  # noqa: F401  a pull starts the gathering
    workflows,
)
from golive.ship.evidence.models import Evidence
from golive.ship.releases.models import Release
from golive.ship.services import queries as services
from golive.watch.telemetry.ports import StoreUnavailable, TelemetryStore
from tests.support.ship_world import World, world
from tests.support.store import StoreProcess

pytestmark = pytest.mark.django_db(transaction=True)


class Store:
    """Has no rows; refuses while it is away."""

    def __init__(self, *, away: bool) -> None:
        self.away = away
        self.windows = []

    def query(self, _sql, params):
        if self.away:
            raise StoreUnavailable("no answer from 127.0.0.1")
        if "since" in params:
            self.windows.append((params["since"], params["until"]))
        return []


class NoCommits:
    def commits(self, *_revisions):
        return []


def pulled(w: World) -> str:
    w.ship("1.0")
    w.broken = lambda version, _method, _path: version == "1.1"
    bad = w.queue("1.1")
    w.run(lambda: w.release(bad).pulled_at is not None, what="a pull")
    return bad


def gatherer(w: World) -> Worker:
    return Worker("evidence", threads=1, clock=w.clock, kinds={workflows.KIND})


def look(w: World, worker: Worker, **later: float) -> queries.EvidenceView:
    w.clock.advance(timedelta(**later).total_seconds())
    worker.drain()
    found = queries.of(w.bad)
    assert found is not None
    return found


def test_a_store_that_is_away_is_asked_again_about_the_same_time() -> None:
    store = Store(away=True)
    with world() as w, bound(TelemetryStore, store), bound(Repositories, NoCommits()):
        w.bad, worker = pulled(w), gatherer(w)
        assert "could not be asked" in look(w, worker).problem
        for _ in range(20):
            assert "could not be asked" in look(w, worker, minutes=2).problem
        store.away = False
        for _ in range(5):
            found = look(w, worker, minutes=5)
        assert (found.problem, "do not differ" in found.sentence) == ("", True)
        at = w.release(w.bad).pulled_at
        assert all(since <= at - timedelta(minutes=30) for since, _ in store.windows)
        assert all(at < until for _, until in store.windows)


def test_what_was_found_stays_when_the_store_goes_away() -> None:
    store = Store(away=False)
    with world() as w, bound(TelemetryStore, store), bound(Repositories, NoCommits()):
        w.bad, worker = pulled(w), gatherer(w)
        assert look(w, worker).problem == ""
        store.away = True
        assert look(w, worker, seconds=10).problem == ""
        looked = len(store.windows)
        store.away = False
        look(w, worker, minutes=5)
        assert len(store.windows) > looked, "the second look, at late rows, is still to come"


def test_a_release_that_is_resumed_is_asked_about_less_and_less_often_and_about_its_pull() -> None:
    store = Store(away=True)
    with world() as w, bound(TelemetryStore, store), bound(Repositories, NoCommits()):
        w.bad, worker = pulled(w), gatherer(w)
        look(w, worker)
        at = w.release(w.bad).pulled_at
        Release.objects.filter(pk=w.bad).update(pulled_at=None)
        w.clock.advance(3600)
        asked = [worker.drain() for _ in range(3) if w.clock.advance(60) is None]
        assert asked == [1, 0, 0]
        w.clock.advance(timedelta(days=1).total_seconds())
        worker.drain()
        assert Evidence.objects.get(pk=w.bad).pulled_at == at
        assert durable.latest(workflows.KIND, key=w.bad).state == "DONE"


def jam(w: World, release: str) -> dict[str, object]:
    return {
        "Timestamp": w.clock.now(),
        "ServiceName": w.service,
        "Body": "till 7 jammed",
        "SeverityNumber": 17,
        "ResourceAttributes": {"deployment.environment.name": "production", "golive.release": release},
        "LogAttributes": {"exception.type": "Jam", "exception.message": "of the till"},
    }


@contextmanager
def pulled_beside_a_store(tmp_path: Path) -> Iterator[tuple[World, ClickHouse]]:
    """1.0 and 1.0.1 were good, 1.1 was pulled; the store has no rows of them yet."""
    process = StoreProcess(tmp_path / "store").start()
    store = process.client()
    try:
        with world() as w, bound(TelemetryStore, store), bound(Repositories, NoCommits()):
            w.first, w.before = w.ship("1.0"), w.ship("1.0.1")
            w.broken = lambda version, _method, _path: version == "1.1"
            w.bad = w.queue("1.1")
            w.run(lambda: w.release(w.bad).pulled_at is not None, what="a pull")
            yield w, store
    finally:
        process.stop()


@contextmanager
def written(path: Path, text: str) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    try:
        yield
    finally:
        path.unlink()


def page(w: World) -> str:
    viewer = access.create_person(by=GOLIVE, email="vera@example.com", name="Vera", role=Role.VIEWER)
    browser = Client()
    browser.force_login(viewer)
    return browser.get(f"/releases/{w.bad}?tab=new").content.decode()


def test_the_same_bug_shipped_again_is_said_with_the_version_that_had_it(tmp_path: Path) -> None:
    with pulled_beside_a_store(tmp_path) as (w, store):
        store.insert("otel_logs", [jam(w, w.first), jam(w, w.bad)])
        found = look(w, gatherer(w), seconds=1)
        assert found.sentence == "Error Jam is back, seen before in 1.0: of the till (once)."
        assert page(w).count("seen before in 1.0") == 3  # the sentence, the error, the log line


def test_a_secret_in_the_message_of_an_error_is_not_told(tmp_path: Path) -> None:
    secrets = services.secrets_file("shop", "production")
    with pulled_beside_a_store(tmp_path) as (w, store), written(secrets, "TILL_KEY=TOPSECRET\n"):
        said = {"exception.type": "Jam", "exception.message": "till refuses TOPSECRET"}
        store.insert("otel_logs", [jam(w, w.bad) | {"Body": "till refuses TOPSECRET", "LogAttributes": said}])
        found = look(w, gatherer(w), seconds=1)
        assert found.sentence == "New error Jam: till refuses [secret TILL_KEY] (once)."
        row = Evidence.objects.get(pk=w.bad)
        assert "TOPSECRET" not in str(row.body)


def test_what_a_retry_spared_the_users_is_said_as_that(tmp_path: Path) -> None:
    with pulled_beside_a_store(tmp_path) as (w, store):

        def tried(release: str, number: int, status: int) -> dict[str, object]:
            return {
                "Timestamp": w.clock.now(),
                "Site": f"{w.service}/production",
                "RequestId": f"r{number}",
                "Release": release,
                "Path": "/pay",
                "Route": "/pay",
                "Status": status,
                "Attempts": 2,
            }

        rescues = [tried(w.before, number, 200) for number in range(30)]
        store.insert("edge_attempts", [*(tried(w.bad, number, 0) for number in range(30)), *rescues])
        store.insert("edge_requests", rescues)
        found = look(w, gatherer(w), seconds=1)
        said = "/pay gives no answer in 30 of 30 requests, before in 0 of 30. No user saw that: another try answered."
        assert (found.sentence, found.new["errors"]) == (said, 0)
        assert "30 that no user saw: another try answered" in page(w)
