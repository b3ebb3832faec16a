"""What a person asks for while the engine is in the middle of something: never lost, never done twice.  mission: SHIP-6"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from golive.kernel.durable import taken
from golive.kernel.durable.models import JobRow
from golive.kernel.ports import bind
from golive.kernel.problems import Problem
from golive.ship.releases import operations, queries
from golive.ship.releases.models import Release
from golive.ship.releases.operations import ReleaseMoved
from golive.ship.releases.operations.jobs import RELEASE
from golive.ship.releases.workflows.turn import Turn
from golive.ship.releases.workflows.wishes import carry_out
from golive.ship.traffic.domain import EdgeState, Split
from golive.ship.traffic.ports import Applied, TrafficRouter
from tests.support.fake_router import FakeRouter
from tests.support.fake_target import FakeTarget
from tests.support.ship_world import OPERATOR, PATIENT, World, canary, world

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = 10.0


class BusyTarget(FakeTarget):
    """Lets `meanwhile` happen once, when it is asked to do `at`."""

    at = ""
    meanwhile: Callable[[], object] | None = None

    def _call(self, what: str, *, late: bool = False) -> None:
        happens = self.meanwhile
        if happens and what == self.at and not late:
            self.meanwhile = None
            happens()
        super()._call(what, late=late)


def busy(w: World, at: str, meanwhile: Callable[[], object]) -> None:
    """Have a person say something while the place does `at`."""
    target = w.target
    target.__class__ = BusyTarget
    target.at, target.meanwhile = at, meanwhile  # type: ignore[attr-defined]


def split(w: World) -> Split | None:
    site = w.router.state.site("shop/production")
    return site.split if site else None


def kinds(release: str) -> list[str]:
    return [entry.kind for entry in queries.record(release)]


@pytest.mark.parametrize(
    ("verb", "state", "frozen"),
    [(operations.pull, "PULLED", False), (operations.hold, "STEP", True), (operations.promote, "STEP", False)],
)
@pytest.mark.parametrize("arrow", ["STEP", "FULL", "PULLED"])
def test_a_word_comes_before_an_arrow_that_was_decided_without_it(
    arrow: str, verb: Callable[..., None], state: str, frozen: bool
) -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
        w.clock.advance(LEASE + 1)
        with taken(RELEASE, key=two, owner="engine-b", clock=w.clock) as job:
            assert job is not None
            turn = Turn(job, w.release(two))
            verb(by=OPERATOR, release=two, comment="„schnell“")
            seen = kinds(two)
            with pytest.raises(ReleaseMoved):
                turn.move(arrow, "late", share=0.7)  # type: ignore[arg-type]
            assert (kinds(two), w.release(two).share) == (seen, 0.1)
        w.drain(w.engine("heir"))
        row = w.release(two)
        assert (row.state, bool(row.frozen), row.wish) == (state, frozen, None)
        assert "verb.too-late" not in kinds(two)


@pytest.mark.parametrize("first", ["hold", "promote", "resume"])
def test_a_pull_that_comes_while_another_word_is_carried_out_is_done_after_it(first: str) -> None:
    with world(PATIENT) as w:
        one, two = canary(w)
        if first == "resume":
            operations.hold(by=OPERATOR, release=two)
            w.drain()
        w.clock.advance(LEASE + 1)
        getattr(operations, first)(by=OPERATOR, release=two)
        with taken(RELEASE, key=two, owner="engine-b", clock=w.clock) as job:
            assert job is not None
            turn = Turn(job, w.release(two))
            operations.pull(by=OPERATOR, release=two)
            try:
                carry_out(turn)
            except ReleaseMoved:
                assert first == "promote"
            assert w.release(two).wish["verb"] == "pull"
        w.drain(w.engine("heir"))
        assert (w.state(two), w.release(two).wish) == ("PULLED", None)
        assert split(w) == Split(new=two, old=one, share=0.0)


def test_a_roll_back_that_comes_while_fresh_processes_start_is_done() -> None:
    with world(PATIENT) as w:
        one, two = canary(w)
        operations.pull(by=OPERATOR, release=two)
        w.drain()
        busy(w, "boot production", lambda: operations.rollback(by=OPERATOR, service="shop"))
        operations.resume(by=OPERATOR, release=two)
        w.until(two, "ROLLED_BACK", seconds=5)
        assert split(w) == Split.only(one)
        assert kinds(two).count("STEP") == 1


def test_a_stop_that_comes_while_the_build_fails_is_what_ends_it() -> None:
    with world() as w:
        one = w.queue("1.0")
        w.target.fails = {"build": Problem("It did not work.")}
        busy(w, "build", lambda: operations.cancel(by=OPERATOR, release=one))
        w.until(one, "CANCELLED", seconds=60)
        assert "FAILED_BEFORE_TRAFFIC" not in kinds(one)


def test_a_roll_back_that_comes_while_a_pull_turns_out_to_be_impossible_is_tried_too() -> None:
    with world() as w:
        one, two = canary(w)
        w.until(two, "WATCH_10M")
        w.wait(minutes=11)
        w.wait(hours=1)
        w.run(lambda: (one, "production") not in w.target.running, seconds=60)
        boots = w.target.count("boot production")
        w.target.fails = {"boot production": Problem("Its port is taken.")}
        busy(w, "boot production", lambda: operations.rollback(by=OPERATOR, service="shop"))
        operations.pull(by=OPERATOR, release=two)
        w.until(two, "WATCH_24H", seconds=1)
        w.drain()
        assert w.target.count("boot production") == boots + 2
        w.target.fails = {}
        assert w.release(two).wish is None, "both were answered: it does not start"
        operations.rollback(by=OPERATOR, service="shop")
        w.until(two, "ROLLED_BACK", seconds=5)


@pytest.mark.parametrize("again", [False, True])
def test_a_roll_back_that_waits_for_an_engine_is_done_though_a_person_pulls_first(again: bool) -> None:
    with world(PATIENT) as w:
        one, two = canary(w)
        w.clock.advance(LEASE + 1)
        operations.rollback(by=OPERATOR, service="shop")
        operations.pull(by=OPERATOR, release=two)
        if again:
            operations.pull(by=OPERATOR, release=two)
        assert (w.state(two), split(w)) == ("PULLED", Split(new=two, old=one, share=0.0))
        w.drain(w.engine("heir"))
        assert (w.state(two), w.release(two).wish) == ("ROLLED_BACK", None)
        assert split(w) == Split.only(one)
        assert (kinds(two).count("PULLED"), kinds(two).count("ROLLED_BACK")) == (1, 1)
        assert queries.check_record(two).holds


def test_a_roll_back_that_is_asked_for_in_the_last_turn_of_a_job_is_done_and_the_next_release_goes_on() -> None:
    with world() as w:
        one, two = canary(w)
        w.target.fails = {"stop production": OSError(28, "No space left on device")}  # type: ignore[dict-item]
        w.until(two, "WATCH_10M")
        w.wait(minutes=11)
        w.wait(hours=1)
        w.wait(hours=24)
        assert w.state(two) == "SETTLED"
        w.target.fails = {}
        busy(w, "stop production", lambda: operations.rollback(by=OPERATOR, service="shop"))
        three = w.queue("1.2")
        w.run(lambda: w.state(two) == "ROLLED_BACK", seconds=60)
        assert w.release(two).wish is None
        w.until(three, "STEP", "FULL", "WATCH_10M", seconds=60)
        assert (w.release(three).replaced, w.target.count("stop production") > 0) == (one, True)


def test_a_word_and_the_wake_of_its_engine_are_one_transaction() -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)

        def dies() -> None:
            raise KeyboardInterrupt

        def when_committed(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            """Whoever asks dies as soon as the word is in the database."""
            if sql.startswith("UPDATE") and '"wish"' in sql:
                transaction.on_commit(dies)
            return execute(sql, *rest)

        with pytest.raises(KeyboardInterrupt), connection.execute_wrapper(when_committed):
            operations.hold(by=OPERATOR, release=two)
        assert w.release(two).wish
        assert JobRow.objects.get(kind=RELEASE, key=two).woken


class DeadRouter(FakeRouter):
    """Its caller dies when it is told of a change, once."""

    dies = True

    def apply(self, state: EdgeState) -> Applied:
        self._die()
        return super().apply(state)

    def set_split(self, site_id: str, split: Split) -> Applied:
        self._die()
        return super().set_split(site_id, split)

    def _die(self) -> None:
        if self.dies:
            self.dies = False
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("verb", "entries"), [("pull", ["PULLED"]), ("promote", ["STEP", "STEP"]), ("rollback", ["ROLLED_BACK"])]
)
def test_a_word_whose_engine_dies_when_it_is_done_is_not_done_again(verb: str, entries: list[str]) -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
        router = DeadRouter(state=w.router.state, requests=w.router.requests, number=w.router.number)
        w.router = router
        bind(TrafficRouter, router)
        asks: dict[str, Callable[[], Any]] = {
            "pull": lambda: operations.pull(by=OPERATOR, release=two),
            "promote": lambda: operations.promote(by=OPERATOR, release=two),
            "rollback": lambda: operations.rollback(by=OPERATOR, service="shop"),
        }
        asks[verb]()
        with pytest.raises(KeyboardInterrupt):
            w.drain()
        w.clock.advance(LEASE + 1)
        w.worker = w.engine("heir")
        for _ in range(3):
            w.second()
        assert [kind for kind in kinds(two) if kind in entries] == entries
        assert "verb.too-late" not in kinds(two)
        assert w.release(two).wish is None


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write at a time")
def test_what_people_say_while_engines_work_is_done_once_each() -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
        ended, trouble = threading.Event(), list[BaseException]()

        def live(name: str) -> None:
            engine = w.engine(name)
            try:
                while not ended.is_set():
                    engine.drain()
            except BaseException as error:  # noqa: BLE001  told by the test
                trouble.append(error)
            connections.close_all()

        engines = [threading.Thread(target=live, args=(name,)) for name in ("b", "c")]
        w.clock.advance(LEASE + 1)
        for thread in engines:
            thread.start()
        try:
            for turn in range(30):
                (operations.resume if turn % 2 else operations.hold)(by=OPERATOR, release=two, comment=str(turn))
                while Release.objects.get(pk=two).wish and not trouble:
                    pass
                assert bool(Release.objects.get(pk=two).frozen) == (turn % 2 == 0)
            operations.hold(by=OPERATOR, release=two)
            operations.pull(by=OPERATOR, release=two)
            while Release.objects.get(pk=two).state != "PULLED" and not trouble:
                pass
        finally:
            ended.set()
            for thread in engines:
                thread.join()
        assert not trouble
        assert "verb.too-late" not in kinds(two)
        assert queries.check_record(two).holds
