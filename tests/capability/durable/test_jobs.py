"""Durable work through its operations, with a clock that the test moves."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from golive.kernel import clock, durable
from golive.kernel.config import settings
from golive.kernel.durable import (
    Again,
    Backoff,
    Done,
    Job,
    LeaseLost,
    Outcome,
    StepFailed,
    Wait,
    Worker,
    queries,
)
from golive.kernel.durable.models import JobRow
from golive.kernel.durable.registry import Handler, Registry
from golive.kernel.durable.wakeup import WakeSocket, nudge
from golive.kernel.problems import Conflict, NotFound
from tests.support.clock import FakeClock

pytestmark = pytest.mark.django_db(transaction=True)


class Bench:
    """A worker with its own registry and clock."""

    def __init__(self) -> None:
        self.clock = FakeClock(clock.now() + timedelta(hours=1))
        self.handlers = Registry()
        self.worker = Worker("tester", clock=self.clock, handlers=self.handlers)

    def handle(self, function: Callable[[Job], Outcome], *, max_attempts: int = 3) -> None:
        backoff = Backoff(first=timedelta(seconds=10), factor=2, cap=timedelta(seconds=30))
        self.handlers.add(Handler("work", function, timedelta(seconds=10), max_attempts, backoff))

    def run(self, *, after: float = 0) -> int:
        self.clock.advance(after)
        return self.worker.drain()

    def job(self, key: str = "k") -> queries.JobView:
        found = queries.latest("work", key=key)
        assert found
        return found


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def socket() -> Iterator[WakeSocket]:
    opened = WakeSocket(settings().run)
    yield opened
    opened.close()


def test_a_failing_job_is_retried_with_growing_delays_then_buried_and_may_be_revived(
    bench: Bench,
) -> None:
    broken, seen = True, []

    def work(job: Job) -> Outcome:
        seen.append(job.attempt)
        if broken:
            raise OSError("the disk is full")
        return Done({"ok": True})

    bench.handle(work)
    job_id = durable.enqueue("work", key="k")
    assert bench.run() == 1
    assert bench.run(after=9) == 0
    assert bench.run(after=5) == 1
    assert bench.run(after=19) == 0
    assert bench.run(after=7) == 1
    assert seen == [0, 1, 2]
    assert (bench.job().state, bench.job().error) == ("DEAD", "OSError: the disk is full")
    assert [dead.id for dead in queries.dead_letters()] == [job_id]

    broken = False
    durable.revive(job_id)
    assert bench.run() == 1
    assert (bench.job().state, bench.job().result) == ("DONE", {"ok": True})
    with pytest.raises(Conflict):
        durable.revive(job_id)


def test_backoff_grows_to_its_cap_and_spreads_by_a_quarter_at_most() -> None:
    backoff = Backoff(first=timedelta(seconds=1), factor=2, cap=timedelta(seconds=60))
    for failures, exact in [(1, 1), (2, 2), (6, 32), (7, 60), (5000, 60)]:
        assert exact <= backoff.delay(failures).total_seconds() <= exact * 1.25


def test_while_a_job_is_open_enqueuing_it_again_changes_nothing(bench: Bench) -> None:
    bench.handle(lambda _job: Done())
    first = durable.enqueue("work", key="k", payload={"n": 1})
    assert durable.enqueue("work", key="k", payload={"n": 2}) == first
    bench.run()
    assert durable.enqueue("work", key="k") != first


def test_a_job_and_its_nudge_share_the_fate_of_the_transaction(socket: WakeSocket) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        durable.enqueue("work", key="k")
        _ = 1 / 0
    assert queries.latest("work", key="k") is None
    with transaction.atomic():
        durable.enqueue("work", key="k")
        assert socket.wait(0) is False
    assert socket.wait(1) is True
    assert socket.wait(0) is False


def test_the_wake_socket_works_in_deep_directories_and_forgets_the_dead(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20) / ("deeper" * 10)
    alive, dead = WakeSocket(deep), WakeSocket(deep)
    dead_path = dead.path
    dead.close()
    dead_path.touch()
    nudge(deep)
    assert alive.wait(1) is True
    assert not dead_path.exists()
    alive.ring()
    assert alive.wait(1) is False
    alive.close()


def test_a_wake_that_comes_while_the_job_runs_is_kept(bench: Bench) -> None:
    calls: list[int] = []

    def work(_job: Job) -> Outcome:
        calls.append(1)
        if len(calls) == 1:
            assert durable.wake("work", key="k")
        return Wait() if len(calls) < 3 else Done()

    bench.handle(work)
    durable.enqueue("work", key="k")
    assert bench.run() == 2
    assert bench.run(after=3600) == 0
    assert durable.wake("work", key="k")
    assert bench.run() == 1
    assert bench.job().state == "DONE"
    assert durable.wake("work", key="k") is False


def test_a_wake_that_comes_while_the_last_call_runs_makes_it_not_the_last_one(bench: Bench) -> None:
    calls: list[int] = []

    def work(_job: Job) -> Outcome:
        calls.append(1)
        if len(calls) == 1:
            assert durable.wake("work", key="k")
        return Done({"call": len(calls)})

    bench.handle(work)
    job_id = durable.enqueue("work", key="k")
    assert bench.run() == 2
    assert (bench.job().id, bench.job().state, bench.job().result) == (job_id, "DONE", {"call": 2})


def test_a_wake_cuts_short_the_pause_of_a_job_that_its_owner_keeps(bench: Bench) -> None:
    calls: list[int] = []

    def work(_job: Job) -> Outcome:
        calls.append(1)
        return Again(timedelta(hours=1)) if len(calls) == 1 else Done()

    bench.handle(work)
    durable.enqueue("work", key="k")
    assert (bench.run(), bench.run(after=60)) == (1, 0)
    durable.wake("work", key="k")
    assert bench.run() == 1
    assert bench.job().fence == 1


def test_a_wait_ends_at_its_time_and_progress_forgets_failures(bench: Bench) -> None:
    attempts: list[int] = []

    def work(job: Job) -> Outcome:
        attempts.append(job.attempt)
        if len(attempts) in {1, 3}:
            raise OSError
        return Wait(job.now() + timedelta(seconds=100)) if len(attempts) == 2 else Done()

    bench.handle(work, max_attempts=2)
    durable.enqueue("work", key="k")
    assert bench.run() == 1
    assert bench.run(after=13) == 1
    assert bench.run(after=99) == 0
    assert bench.run(after=2) == 1
    assert bench.run(after=13) == 1
    assert attempts == [0, 1, 0, 1]
    assert bench.job().state == "DONE"


def test_nothing_of_a_transaction_is_kept_when_the_fence_has_moved_on(bench: Bench) -> None:
    def work(job: Job) -> Outcome:
        JobRow.objects.filter(pk=job.id).update(fence=job.fence + 1)
        with pytest.raises(LeaseLost), job.transaction():
            durable.enqueue("other", key="k")
        with pytest.raises(LeaseLost):
            job.step("late", lambda: 1)
        raise LeaseLost("given up")

    bench.handle(work)
    job_id = durable.enqueue("work", key="k")
    bench.run()
    assert queries.latest("other", key="k") is None
    assert queries.steps(job_id) == []
    assert bench.job().state == "RUNNING"


def test_a_once_step_that_raised_is_not_run_again_until_a_person_says_so(bench: Bench) -> None:
    calls: list[str] = []

    def migrate() -> str:
        calls.append("migrate")
        if len(calls) == 1:
            raise ValueError("no such column")
        return "migrated"

    def work(job: Job) -> Outcome:
        try:
            return Done({"migrate": job.once("migrate", migrate)})
        except (ValueError, StepFailed):
            return Wait()

    bench.handle(work)
    job_id = durable.enqueue("work", key="k")
    bench.run()
    durable.wake("work", key="k")
    bench.run()
    assert calls == ["migrate"]
    durable.settle_step(job_id, "migrate", happened=False)
    bench.run()
    assert (calls, bench.job().result) == (["migrate", "migrate"], {"migrate": "migrated"})
    with pytest.raises(NotFound):
        durable.settle_step(job_id, "migrate", happened=True)


def test_a_periodic_job_goes_on_after_a_failure(bench: Bench) -> None:
    turns: list[int] = []

    def turn(job: Job) -> Outcome:
        turns.append(1)
        if len(turns) == 1:
            raise OSError
        return Wait(job.now() + timedelta(seconds=30))

    period = timedelta(seconds=30)
    bench.handlers.add(Handler("work", turn, period, 0, Backoff(period, 1, period), period=period))
    assert bench.run() == 1
    assert bench.run(after=38) == 1
    assert bench.run(after=29) == 0
    assert bench.run(after=2) == 1
    assert bench.job("every").state == "WAITING"


def test_a_clock_that_is_put_back_makes_nothing_wait_longer(bench: Bench) -> None:
    turns: list[str] = []

    def turn(job: Job) -> Outcome:
        turns.append(job.key)
        if job.key == "fails":
            raise OSError
        return Wait(job.now() + timedelta(seconds=30))

    bench.handle(turn)
    for key in ("waits", "fails"):
        durable.enqueue("work", key=key)
    bench.run()
    bench.clock.put_back(3600)
    assert bench.run(after=5) == 0
    bench.run(after=10)
    bench.run(after=20)
    assert sorted(turns) == ["fails", "fails", "waits", "waits"]


def held_for_long(bench: Bench) -> list[str]:
    """Have a job that its owner keeps; returns whose turns there were."""
    owners: list[str] = []

    def work(job: Job) -> Outcome:
        owners.append(job.owner)
        return Again(timedelta(hours=1))

    bench.handle(work)
    durable.enqueue("work", key="k")
    return owners


def test_the_clock_of_one_machine_takes_no_lease_from_an_engine_on_another(bench: Bench) -> None:
    calls = held_for_long(bench)
    assert bench.run() == 1
    fast = FakeClock(bench.clock.now() + timedelta(seconds=60))
    other = Worker("other", clock=fast, handlers=bench.handlers)
    fast.put_back(60)
    assert other.drain() == 0
    assert (calls, bench.job().owner) == (["tester"], "tester")
    bench.clock.advance(9)
    fast.advance(9)
    assert other.drain() == 0


def test_the_lease_of_a_dead_engine_ends_soon_though_the_clock_was_put_back(bench: Bench) -> None:
    calls = held_for_long(bench)
    heir = Worker("heir", clock=bench.clock, handlers=bench.handlers)
    bench.run()
    bench.clock.put_back(3600)
    assert heir.drain() == 0
    bench.clock.advance(11)
    assert heir.drain() == 1
    assert calls == ["tester", "heir"]
