"""What changes between a look and the arrow that follows it: a pull, a roll back, a word of a person.  mission: SHIP-4, SHIP-6"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from golive.kernel.ports import bind
from golive.ship.releases import operations, queries
from golive.ship.releases.models import Release
from golive.ship.releases.operations import arrows
from golive.ship.traffic import operations as traffic
from golive.ship.traffic.domain import EdgeState, Split
from golive.ship.traffic.ports import Applied, TrafficRouter
from tests.support.fake_router import FakeRouter
from tests.support.fake_target import Killed
from tests.support.ship_world import MANIFEST, OPERATOR, World, pair, world

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "shop/production"


class BusyRouter(FakeRouter):
    """Lets `meanwhile` happen once, at a moment of the newest release's way into traffic: `looked` or `settled`."""

    at = ""
    meanwhile: Callable[[], object] | None = None
    now: Callable[[], bool] = staticmethod(lambda: False)

    def ready(self) -> bool:
        self._happen("looked")
        return super().ready()

    def apply(self, state: EdgeState) -> Applied:
        applied = super().apply(state)
        self._happen("settled")
        return applied

    def _happen(self, moment: str) -> None:
        if self.meanwhile and moment == self.at and self.now():
            happens, self.meanwhile = self.meanwhile, None
            happens()


def overtaken(w: World, at: str, meanwhile: Callable[[], object], version: str = "1.2") -> str:
    """Queue a release during whose last look before its users something else happens."""
    busy = BusyRouter(state=w.router.state, requests=w.router.requests, number=w.router.number)
    w.router = busy
    bind(TrafficRouter, busy)
    newer = w.queue(version)
    busy.at, busy.meanwhile, busy.now = at, meanwhile, lambda: w.state(newer) == "WARM"
    w.run(lambda: busy.meanwhile is None, seconds=60, what="the moment")
    return newer


def pull(w: World, one: str, two: str) -> None:
    """As the judge does it."""
    row = w.release(two)
    with transaction.atomic():
        traffic.set_split(site=SITE, old=one, new=two, share=0.0, at=w.clock.now())
        arrows.move(row, "PULLED", at=w.clock.now(), reason="errors", share=0.0, pulled_at=w.clock.now())
    traffic.move(SITE)
    w.router.splits.clear()


@pytest.mark.parametrize("at", ["looked", "settled"])
def test_a_release_that_is_pulled_at_this_moment_gets_no_users_back(at: str) -> None:
    with world() as w:
        one, two = pair(w)
        three = overtaken(w, at, lambda: pull(w, one, two))
        for _ in range(5):
            w.second()
        assert {split for _, split in w.router.splits} <= {Split(new=two, old=one, share=0.0)}
        assert w.router.state.site(SITE).split == Split(new=two, old=one, share=0.0)
        assert "1.1 is not decided yet" in w.release(three).waits_for


@pytest.mark.parametrize("at", ["looked", "settled"])
@pytest.mark.parametrize("settled", [False, True])
def test_a_roll_back_that_is_asked_for_at_this_moment_is_done_first(at: str, settled: bool) -> None:
    with world() as w:
        one, two = pair(w)
        if settled:
            w.wait(minutes=11)
            w.wait(hours=1)
            w.wait(hours=24)
            assert w.state(two) == "SETTLED"
        three = overtaken(w, at, lambda: operations.rollback(by=OPERATOR, service="shop"))
        w.until(three, "STEP", "FULL", "WATCH_10M", seconds=60)
        assert w.state(two) == "ROLLED_BACK"
        assert w.release(three).replaced == one
        assert two not in (w.router.state.site(SITE).split.new, w.router.state.site(SITE).split.old)


def test_a_wish_that_comes_too_late_is_told_in_the_record_and_never_tried_for_ever() -> None:
    with world() as w:
        one, two = pair(w)
        w.until(w.queue("1.2"), "WATCH_10M", seconds=120)
        assert w.state(two) == "SUPERSEDED"
        row = w.release(two)
        with transaction.atomic():
            operations.verbs._write_wish(row, OPERATOR, operations.verbs.Verb.ROLLBACK, to=one)
        for _ in range(3):
            w.second()
        assert (w.state(two), w.release(two).wish) == ("SUPERSEDED", None)
        late = queries.record(two)[-1]
        assert (late.kind, late.facts["verb"], late.facts["by"]) == ("verb.too-late", "rollback", str(OPERATOR))


OTHER = MANIFEST.replace("probes =", 'csp = "default-src"\nprobes =')


def csp(w: World) -> str:
    site = w.router.state.site(SITE)
    assert site is not None
    return site.csp


def test_a_release_that_has_to_wait_after_all_takes_its_settings_with_it() -> None:
    with world() as w:
        one, two = pair(w)
        before, w.manifest = csp(w), OTHER
        three = overtaken(w, "settled", lambda: pull(w, one, two))
        for _ in range(5):
            w.second()
        assert "1.1 is not decided yet" in w.release(three).waits_for
        assert (csp(w), w.router.state.site(SITE).split) == (before, Split(new=two, old=one, share=0.0))
        operations.rollback(by=OPERATOR, service="shop")
        w.until(three, "STEP", seconds=60)
        assert csp(w) == "default-src"


@pytest.mark.parametrize("dies", [False, True])
def test_a_release_that_is_stopped_puts_back_no_settings_of_one_that_was_rolled_back_meanwhile(dies: bool) -> None:
    with world() as w:
        w.manifest = OTHER
        one = w.ship("1.0")
        w.run(lambda: w.number > 600)
        w.manifest = MANIFEST
        w.ship("1.1")
        w.manifest = MANIFEST.replace("probes =", 'csp = "script-src"\nprobes =')

        def meanwhile() -> None:
            operations.rollback(by=OPERATOR, service="shop")
            if dies:
                raise Killed("after its settings were taken")
            operations.cancel(by=OPERATOR, release=Release.objects.get(version="1.2").pk)

        if dies:
            with pytest.raises(Killed):
                overtaken(w, "settled", meanwhile)
            three = Release.objects.get(version="1.2").pk
            w.router.up = False
            w.clock.advance(11)
            w.worker = w.engine("heir")
            for _ in range(3):
                w.second()
            assert (w.state(three), csp(w)) == ("WARM", "default-src")
            operations.cancel(by=OPERATOR, release=three)
        else:
            three = overtaken(w, "settled", meanwhile)
        w.until(three, "CANCELLED", seconds=20)
        for _ in range(5):
            w.second()
        assert (csp(w), w.router.state.site(SITE).split) == ("default-src", Split.only(one))
        assert traffic.desired().site(SITE).csp == "default-src"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write at a time")
def test_what_a_person_and_an_engine_write_into_the_record_at_once_is_one_chain() -> None:
    with world() as w:
        one = w.queue("1.0")
        ready = threading.Barrier(4)

        def write(number: int) -> None:
            ready.wait(30)
            for turn in range(10):
                with transaction.atomic():
                    arrows.append(w.release(one), "note", at=w.clock.now(), facts={"by": number, "turn": turn})
            connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(4)))
        assert queries.check_record(one).holds
        assert [entry.kind for entry in queries.record(one)].count("note") == 40
