"""A claimed job in the hands of its owner: every write goes through the fence."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar, cast

from django.db import transaction

from golive.kernel.clock import Clock
from golive.kernel.durable.models import JobRow, JobState, StepRow, StepState
from golive.kernel.problems import Conflict

T = TypeVar("T")


class LeaseLost(Conflict):
    """Another owner has taken the job over; nothing of this write was kept."""

    slug = "lease-lost"
    title = "The job has a new owner"


class StepUnknown(Conflict):
    """A step that must run at most once was cut off midway: a person has to say whether it happened."""

    slug = "step-unknown"
    title = "Nobody knows whether this step happened"


class StepFailed(Conflict):
    """A step that must run at most once has failed before and is not run again by itself."""

    slug = "step-failed"
    title = "This step failed"


class Job:
    """What a handler gets. `fence` is its right to write; `attempt` counts the failures in a row before this call."""

    def __init__(self, row: JobRow, clock: Clock) -> None:
        self.id: str = row.pk
        self.kind: str = row.kind
        self.key: str = row.key
        self.payload: Mapping[str, Any] = row.payload
        self.attempt: int = row.attempt
        self.fence: int = row.fence
        self.owner: str = row.owner
        self.checkpoint: dict[str, Any] = dict(row.checkpoint)
        self.in_once = False  # cut off now, nobody would know whether the step happened
        self._clock = clock

    def now(self) -> datetime:
        """Return the worker's current moment."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return the worker's monotonic seconds."""
        return self._clock.monotonic()

    def is_held(self) -> bool:
        """Say whether this owner still holds the job, as far as a look can tell: what must hold is a `transaction`."""
        return JobRow.objects.filter(pk=self.id, fence=self.fence, state=JobState.RUNNING).exists()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Open a transaction that commits only while this owner holds the job.

        The job's row stays locked until the end, so a take-over waits. Raises LeaseLost.
        """
        with transaction.atomic():
            held = JobRow.objects.select_for_update().filter(pk=self.id, fence=self.fence, state=JobState.RUNNING)
            if not held.values_list("pk", flat=True).first():
                raise LeaseLost(f"{self.kind} {self.key}: fence {self.fence} is no longer valid", job=self.id)
            yield

    def save(self, checkpoint: Mapping[str, Any]) -> None:
        """Keep `checkpoint` (JSON) for the next call, by whoever it is. Raises LeaseLost."""
        with self.transaction():
            JobRow.objects.filter(pk=self.id).update(checkpoint=dict(checkpoint))
        self.checkpoint = dict(checkpoint)

    def step(self, name: str, function: Callable[[], T]) -> T:
        """Run an idempotent step, at least once, and record its JSON result; a recorded result is returned.

        Raises LeaseLost when another owner came meanwhile.
        """
        known = StepRow.objects.filter(job_id=self.id, name=name, state=StepState.DONE).first()
        if known:
            return cast("T", known.result)
        started = self.now()
        result = function()
        with self.transaction():
            StepRow.objects.update_or_create(
                job_id=self.id,
                name=name,
                defaults={
                    "state": StepState.DONE,
                    "fence": self.fence,
                    "result": result,
                    "started_at": started,
                    "finished_at": self.now(),
                },
            )
        return result

    def once(self, name: str, function: Callable[[], T]) -> T:
        """Run a step at most once; its recorded JSON result is returned on re-entry.

        Raises StepUnknown when an earlier owner started it and left no result, StepFailed when it raised before,
        LeaseLost when another owner came.
        """
        with self.transaction():
            known = StepRow.objects.filter(job_id=self.id, name=name).first()
            if known is None:
                StepRow.objects.create(
                    job_id=self.id,
                    name=name,
                    state=StepState.STARTED,
                    fence=self.fence,
                    started_at=self.now(),
                )
        if known is not None:
            return cast("T", self._recorded(known))
        self.in_once = True
        try:
            result = function()
        except Exception as error:  # recorded and raised again
            self._finish(name, state=StepState.FAILED, error=describe(error))
            raise
        else:
            self._finish(name, state=StepState.DONE, result=result)
        finally:
            self.in_once = False
        return result

    def _recorded(self, step: StepRow) -> Any:
        if step.state == StepState.DONE:
            return step.result
        if step.state == StepState.FAILED:
            raise StepFailed(f"{step.name} failed: {step.error}", job=self.id, step=step.name)
        raise StepUnknown(
            f"{step.name} was cut off midway at {step.started_at:%Y-%m-%d %H:%M:%S} UTC",
            hint="Find out whether it happened, then settle the step as done or let it run again.",
            job=self.id,
            step=step.name,
        )

    def _finish(self, name: str, *, state: StepState, result: Any = None, error: str = "") -> None:
        with self.transaction():
            StepRow.objects.filter(job_id=self.id, name=name).update(
                state=state, result=result, error=error, finished_at=self.now()
            )


def describe(error: BaseException) -> str:
    """Return a failure as text for the record, at most 2,000 characters."""
    return f"{type(error).__name__}: {error}"[:2000]
