"""The worker: claims due jobs, runs them in threads, renews their leases, and gives them back when it stops."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import close_old_connections, connection, connections

from golive.kernel import clock as clocks
from golive.kernel.clock import Clock
from golive.kernel.config import settings
from golive.kernel.durable import leases
from golive.kernel.durable.job import Job, LeaseLost, StepUnknown, describe
from golive.kernel.durable.models import JobRow
from golive.kernel.durable.operations import enqueue
from golive.kernel.durable.outcomes import Again, Done, Outcome, Wait
from golive.kernel.durable.registry import EVERY, Handler, Registry, registry
from golive.kernel.durable.wakeup import WakeSocket
from golive.kernel.log import get_logger

logger = get_logger(__name__)

POLL = 1.0  # seconds between looks at the database when nobody nudges
STOP_CHECK = 0.25  # seconds between looks at threads that are to end
PUT_BACK = 2.0  # seconds; clocks that are only adjusted never jump that far between two looks


@dataclass
class _Held:
    """A job under lease in this process: running, or parked until `resume_at` (monotonic seconds).

    `again`: it is due at once, for a look that comes after it is given up.
    """

    job: Job
    handler: Handler
    resume_at: float | None = None
    lost: bool = False
    again: bool = False


class Worker:
    """Works on jobs of `kinds` (None: every registered kind) under the name `owner`, which must be unique.

    A quarter of the threads, at least one, is kept for urgent kinds. At least every `poll` seconds it looks whether
    something is due.
    """

    def __init__(
        self,
        owner: str,
        *,
        threads: int = 8,
        clock: Clock = clocks.system,
        kinds: set[str] | None = None,
        handlers: Registry = registry,
        poll: float = POLL,
    ) -> None:
        self.owner = owner
        self._poll = poll
        self._threads = threads
        self._clock = clock
        self._kinds = kinds
        self._registry = handlers
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._ready: queue.SimpleQueue[_Held | None] = queue.SimpleQueue()
        self._crowded = False  # the last look may have left due jobs for want of threads
        self._again = threading.Event()  # set when there is something to find for a look that nobody else asks for
        self._ahead = self._clock_ahead()

    # -- running as a process --------------------------------------------------------------------------------------

    def run(self, stop: threading.Event, *, grace: float = 20.0, patience: float = 3.0) -> None:
        """Work until `stop` is set, then wait for running jobs and give the rest back.

        For `patience` seconds; up to `grace` while a step runs that nobody may run again by itself. Whatever else is
        cut off goes on where it was.
        """
        socket = WakeSocket(settings().run)
        beating = threading.Event()
        threads = [threading.Thread(target=self._work, args=(socket,), daemon=True) for _ in range(self._threads)]
        heart = threading.Thread(target=self._beat, args=(beating,), daemon=True)
        ender = threading.Thread(target=self._ring_at, args=(stop, socket), daemon=True)
        for thread in (*threads, heart, ender):
            thread.start()
        try:
            self._guard(self.start_periodic)
            self._loop(socket, stop)
        finally:
            for _ in threads:
                self._ready.put(None)
            self._finish(threads, grace, patience)
            beating.set()
            heart.join(STOP_CHECK)
            self._guard(self._give_back)
            ender.join(STOP_CHECK)
            socket.close()
            connections.close_all()

    def _ring_at(self, stop: threading.Event, socket: WakeSocket) -> None:
        stop.wait()
        socket.ring()

    def _finish(self, threads: list[threading.Thread], grace: float, patience: float) -> None:
        began = self._clock.monotonic()
        while living := [thread for thread in threads if thread.is_alive()]:
            waited = self._clock.monotonic() - began
            with self._lock:
                once = any(held.job.in_once for held in self._held.values())
            if waited >= (grace if once else patience):
                return
            living[0].join(STOP_CHECK / 5)

    def _loop(self, socket: WakeSocket, stop: threading.Event) -> None:
        next_look = 0.0
        nudged = True
        while not stop.is_set():
            now = self._clock.monotonic()
            if nudged or now >= next_look or self._again.is_set():
                self._again.clear()
                self._guard(self._heed_clock)
                self._guard(self._resume_woken)
                self._guard(self._claim)
                next_look = self._clock.monotonic() + self._poll
            self._resume_due()
            nudged = socket.wait(self._pause(next_look))

    def _pause(self, next_look: float) -> float:
        now = self._clock.monotonic()
        with self._lock:
            parked = [held.resume_at for held in self._held.values() if held.resume_at is not None]
        return min([next_look - now, *(at - now for at in parked)])

    def _work(self, socket: WakeSocket) -> None:
        while (held := self._ready.get()) is not None:
            self._guard(lambda held=held: self._run(held))  # type: ignore[misc]  # the loop variable is bound
            tidy_connection()
            if self._crowded or self._again.is_set():
                self._again.set()
                socket.ring()
        connections.close_all()

    def _beat(self, stop: threading.Event) -> None:
        """Renew every lease at a third of its length, whatever the main loop is doing."""
        while not stop.wait(self._shortest_lease() / 3):
            with self._lock:
                held = list(self._held.values())
            for one in held:
                self._guard(lambda one=one: self._renew(one))  # type: ignore[misc]  # the loop variable is bound
        connections.close_all()

    def _renew(self, held: _Held) -> None:
        if not leases.renew(held.job.id, held.job.fence, until=self._clock.now() + held.handler.lease):
            with self._lock:
                held.lost = held.lost or self._held.get(held.job.id) is held

    def _shortest_lease(self) -> float:
        return min((known.lease.total_seconds() for known in self._known().values()), default=10.0)

    def _guard(self, function: Callable[[], Any]) -> None:
        try:
            function()
        except Exception:  # the database may be away for a while: the worker outlives that
            logger.exception("worker_turn_failed", owner=self.owner)
            close_old_connections()

    # -- one turn --------------------------------------------------------------------------------------------------

    def drain(self) -> int:
        """Run in this thread everything that is due by this worker's clock, until nothing is; return how many calls."""
        self.start_periodic()
        calls = 0
        while True:
            self._heed_clock()
            self._resume_woken()
            self._claim()
            self._resume_due()
            if self._ready.empty():
                return calls
            while not self._ready.empty():
                held = self._ready.get()
                if held:
                    self._run(held)
                    calls += 1

    def start_periodic(self) -> None:
        """Put in the jobs of periodic kinds that have none."""
        for known in self._known().values():
            if known.period is not None:
                enqueue(known.kind, key=EVERY)

    def _heed_clock(self) -> None:
        """When the clock was put back, what waits would else wait so much longer: pages, retries, everything periodic."""
        ahead = self._clock_ahead()
        back = self._ahead - ahead
        if back > PUT_BACK:
            logger.warning("clock_put_back", seconds=round(back, 1))
            longest = max((known.lease for known in list(self._registry.handlers.values())), default=timedelta(0))
            leases.bring_forward(timedelta(seconds=back), now=self._clock.now(), longest=longest)
        self._ahead = ahead

    def _clock_ahead(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _known(self) -> dict[str, Handler]:
        return {
            kind: known
            for kind, known in list(self._registry.handlers.items())
            if self._kinds is None or kind in self._kinds
        }

    def _claim(self) -> None:
        """Lease due jobs for the free threads; the urgent ones first, they alone may use the last quarter."""
        self._crowded = True  # for a thread that becomes free from here on: it is not counted
        known, due = self._known(), leases.due_kinds(self._clock.now())
        urgent = {kind: one.lease for kind, one in known.items() if one.urgent and kind in due}
        other = {kind: one.lease for kind, one in known.items() if not one.urgent and kind in due}
        with self._lock:
            held_ids = list(self._held)
            busy = sum(1 for held in self._held.values() if held.resume_at is None)
        free = self._threads - busy
        reserve = max(self._threads // 4, 1) if self._threads > 1 and any(one.urgent for one in known.values()) else 0
        rows = self._lease(urgent, free, held_ids)
        rows += self._lease(other, min(free - len(rows), free - reserve), held_ids)
        self._crowded = bool(urgent or other) and free - len(rows) <= reserve
        for row in rows:
            held = _Held(Job(row, self._clock), known[row.kind])
            with self._lock:
                self._held[row.pk] = held
            self._ready.put(held)

    def _lease(self, kinds: dict[str, timedelta], limit: int, held_ids: list[str]) -> list[JobRow]:
        return leases.claim(self.owner, kinds, now=self._clock.now(), limit=limit, except_ids=held_ids)

    def _resume_woken(self) -> None:
        with self._lock:
            parked = [job_id for job_id, held in self._held.items() if held.resume_at is not None]
        if parked:
            for job_id in leases.woken(parked):
                self._resume(job_id)

    def _resume_due(self) -> None:
        now = self._clock.monotonic()
        with self._lock:
            due = [
                job_id for job_id, held in self._held.items() if held.resume_at is not None and held.resume_at <= now
            ]
        for job_id in due:
            self._resume(job_id)

    def _resume(self, job_id: str) -> None:
        with self._lock:
            held = self._held.get(job_id)
            if held is None:
                return
            held.resume_at = None
            if held.lost:
                del self._held[job_id]
                return
        self._ready.put(held)

    def _run(self, held: _Held) -> None:
        job = held.job
        parked = False
        try:
            outcome = held.handler.function(job)
            parked = self._settle(held, outcome)
        except LeaseLost:
            logger.warning("lease_lost", kind=job.kind, key=job.key, fence=job.fence, owner=self.owner)
        except StepUnknown as problem:
            logger.warning("step_unknown", kind=job.kind, key=job.key, detail=problem.detail)
            leases.ask(job.id, job.fence, error=problem.detail)
        except Exception as error:  # noqa: BLE001  a failure of the work itself: retried, then a dead letter
            self._failed(held, error)
        finally:
            if not parked:
                with self._lock:
                    self._held.pop(job.id, None)
                if held.again:  # only now: a look before would leave it out as held
                    self._again.set()

    def _settle(self, held: _Held, outcome: Outcome) -> bool:
        """Record the outcome; True when the job stays here, parked."""
        job, now = held.job, self._clock.now()
        match outcome:
            case Done(result=result):
                held.again = leases.finish(job.id, job.fence, result=result, at=now)
            case Wait(until=until):
                woken = leases.suspend(job.id, job.fence, until=until, now=now)
                held.again = woken or (until is not None and until <= now)
            case Again(after=after):
                if job.attempt:
                    leases.progress(job.id, job.fence)
                    job.attempt = 0
                with self._lock:
                    held.resume_at = self._clock.monotonic() + after.total_seconds()
                self._again.set()  # for when it resumes, and for a wake that came meanwhile
                return True
        return False

    def _failed(self, held: _Held, error: Exception) -> None:
        job, terms, now = held.job, held.handler, self._clock.now()
        failures = job.attempt + 1
        text = describe(error)
        if terms.max_attempts and failures >= terms.max_attempts:
            logger.error("job_buried", kind=job.kind, key=job.key, failures=failures, error=text)
            leases.bury(job.id, job.fence, at=now, attempt=failures, error=text)
            return
        logger.warning("job_failed", kind=job.kind, key=job.key, failures=failures, exc_info=error)
        leases.retry(job.id, job.fence, at=now + terms.backoff.delay(failures), attempt=failures, error=text)

    def _give_back(self) -> None:
        with self._lock:
            held = list(self._held.values())
            self._held.clear()
        for one in held:
            leases.give_back(one.job.id, one.job.fence, now=self._clock.now())


def tidy_connection() -> None:
    """Give this thread's connection back after a job; SQLite's are kept: opening one costs more than the job's writes."""
    if connection.vendor != "sqlite" or connection.errors_occurred:
        close_old_connections()
