"""A release that a person cancels ends now, not when its build or gates have come to their own end.  mission: SHIP-6"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from golive.kernel.durable.models import JobRow
from golive.kernel.ports import bind
from golive.ship.commands.domain import Stop, Stopped
from golive.ship.releases import operations, queries
from golive.ship.releases.ports import Built, Check, Facts, Proof, Subject, Target
from golive.ship.releases.workflows.stopping import TAKEN_OVER
from tests.support import wait_for
from tests.support.fake_target import FakeTarget, Killed
from tests.support.ship_world import OPERATOR, World, world

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = 10.0
STAGES = [("build", "QUEUED"), ("prove", "BUILT"), ("verify", "STAGED")]
Meanwhile = Callable[[], object]


@dataclass
class LongTarget(FakeTarget):
    """What is `long` goes on for ever; `meanwhile` happens during it. `stopped` are the words that ended something.

    `dies_late`: its engine dies after that; `in_the_way`: so many looks still find something left of it.
    """

    long: str = ""
    meanwhile: Meanwhile | None = None
    dies_late: bool = False
    in_the_way: int = 0
    stopped: list[str] = field(default_factory=list)

    def build(self, subject: Subject, stop: Stop) -> Built:
        self._goes_on("build", stop)
        return super().build(subject, stop)

    def prove(self, subject: Subject, stop: Stop) -> Proof:
        self._goes_on("prove", stop)
        return super().prove(subject, stop)

    def verify(self, subject: Subject, environment: str, address: str, stop: Stop) -> tuple[Check, ...]:
        self._goes_on("verify", stop)
        return super().verify(subject, environment, address, stop)

    def back_up(self, subject: Subject, environment: str) -> Facts:
        self._happens(f"back up {environment}")
        return super().back_up(subject, environment)

    def migrate(self, subject: Subject, environment: str) -> Facts:
        self._happens(f"migrate {environment}")
        return super().migrate(subject, environment)

    def clear_away(self, subject: Subject, why: str) -> bool:
        super().clear_away(subject, why)
        still, self.in_the_way = self.in_the_way, max(self.in_the_way - 1, 0)
        return not still

    def _happens(self, what: str) -> bool:
        happens, self.meanwhile = (self.meanwhile, None) if what == self.long else (None, self.meanwhile)
        if happens:
            happens()
        return happens is not None

    def _goes_on(self, what: str, stop: Stop) -> None:
        if self._happens(what):
            if self.dies_late:
                raise Killed(what)
            self.stopped.append(wait_for(stop, what="a word to stop"))
            raise Stopped(self.stopped[-1])


def long(w: World, what: str, meanwhile: Meanwhile) -> LongTarget:
    target = LongTarget(long=what, meanwhile=meanwhile)
    w.target = target
    bind(Target, target)
    return target


def kinds(release: str) -> list[str]:
    return [entry.kind for entry in queries.record(release)]


@pytest.mark.parametrize(("what", "state"), STAGES)
def test_it_ends_in_the_middle_of_what_runs(what: str, state: str) -> None:
    with world() as w:
        one = w.queue("1.0")
        target = long(w, what, lambda: operations.cancel(by=OPERATOR, release=one))
        w.drain()
        row = w.release(one)
        assert (row.state, row.facts["was"], row.wish) == ("CANCELLED", state, None)
        assert row.sentence == f"{OPERATOR} stopped it before any user saw it."
        assert target.stopped == [f"cancelled by {OPERATOR}"]
        assert target.count("clear away")
        assert kinds(one)[-1] == "CANCELLED"
        assert not JobRow.objects.filter(key=one).exclude(state="DONE").exists()
        w.ship("1.1")  # nothing of it is in the way


@pytest.mark.parametrize(("what", "state"), STAGES)
def test_it_ends_though_its_engine_dies_after_the_word(what: str, state: str) -> None:
    with world() as w:
        one = w.queue("1.0")
        target = long(w, what, lambda: operations.cancel(by=OPERATOR, release=one))
        target.dies_late = True
        with pytest.raises(Killed):
            w.drain()
        w.clock.advance(LEASE + 1)
        w.drain(w.engine("heir"))
        assert (w.state(one), w.release(one).facts["was"]) == ("CANCELLED", state)
        assert target.count(what) == 0, "it was not begun again"
        assert target.count("clear away")
        w.ship("1.1")


@pytest.mark.parametrize("cancelled", [False, True])
def test_an_engine_that_froze_ends_what_it_runs_for_a_release_that_another_one_has(cancelled: bool) -> None:
    with world() as w:
        one = w.queue("1.0")

        def taken_over() -> None:
            w.clock.advance(LEASE + 1)
            if cancelled:
                operations.cancel(by=OPERATOR, release=one)
            w.drain(w.engine("heir"))

        target = long(w, "build", taken_over)
        w.drain()
        assert target.stopped == [TAKEN_OVER]
        assert (w.state(one) == "CANCELLED") == cancelled
        assert kinds(one).count("BUILT") == (0 if cancelled else 1)
        assert "FAILED_BEFORE_TRAFFIC" not in kinds(one)
        assert queries.check_record(one).holds


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("back up staging", "backup or migration of staging that has begun is not cut"),
        ("migrate staging", "backup or migration of staging that has begun is not cut"),
        ("back up production", "backup that has begun is not cut"),
        ("migrate production", "migration that has begun is not cut"),
    ],
)
def test_a_backup_and_a_migration_are_waited_for_and_said_to_be(what: str, words: str) -> None:
    with world() as w:
        one, seen = w.queue("1.0"), list[str]()

        def cancelled() -> None:
            operations.cancel(by=OPERATOR, release=one)
            seen.append(queries.release(one).waits_for)

        target = long(w, what, cancelled)
        w.drain()
        assert f"{OPERATOR} stopped it; a {words}" in seen[0]
        assert (w.state(one), target.count(what)) == ("CANCELLED", 1)
        assert target.calls.index(what) < target.calls.index("clear away")
        assert "BOOTED" not in kinds(one)


def test_while_a_build_is_being_ended_that_is_said() -> None:
    with world() as w:
        one = w.queue("1.0")
        operations.cancel(by=OPERATOR, release=one)
        assert queries.release(one).waits_for == f"{OPERATOR} stopped it; what runs for it is being ended."


def test_a_cancelled_one_is_looked_at_until_nothing_of_it_is_left() -> None:
    with world() as w:
        one = w.queue("1.0")
        target = long(w, "", lambda: None)
        target.in_the_way = 2
        operations.cancel(by=OPERATOR, release=one)
        w.drain()
        assert w.state(one) == "CANCELLED"
        for _ in range(3):
            w.second()
        assert target.in_the_way == 0
        assert not JobRow.objects.filter(key=one).exclude(state="DONE").exists()


def test_a_database_that_is_away_for_a_while_ends_nothing_and_the_word_is_heard_afterwards() -> None:
    with world() as w:
        one = w.queue("1.0")
        looks = threading.Event()

        def away() -> None:
            held = next(held for held in w.worker._held.values() if held.job.key == one)

            def is_held() -> bool:
                if looks.is_set():
                    return type(held.job).is_held(held.job)
                looks.set()
                raise OSError

            held.job.is_held = is_held  # type: ignore[method-assign]
            operations.cancel(by=OPERATOR, release=one)

        target = long(w, "build", away)
        w.drain()
        assert target.stopped == [f"cancelled by {OPERATOR}"]
        assert w.state(one) == "CANCELLED"
