"""Putting work in, waking it, and a person's word on dead letters and unknown steps."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from golive.kernel import clock
from golive.kernel.config import settings
from golive.kernel.durable.models import OPEN, JobRow, JobState, StepRow, StepState
from golive.kernel.durable.wakeup import nudge
from golive.kernel.ids import new_id
from golive.kernel.problems import Conflict, NotFound

WAKEABLE = (JobState.READY, JobState.RUNNING, JobState.WAITING)


def enqueue(kind: str, *, key: str, payload: Mapping[str, Any] | None = None, run_at: datetime | None = None) -> str:
    """Put a job in, atomically with the surrounding transaction, and return its id.

    While a job of this kind and key is open, its id is returned and nothing else changes.
    """
    now = clock.now()
    while True:
        known = JobRow.objects.filter(kind=kind, key=key, state__in=OPEN).values_list("pk", flat=True).first()
        if known:
            return known
        row = JobRow(
            id=new_id("job"),
            kind=kind,
            key=key,
            payload=dict(payload or {}),
            due_at=run_at or now,
            created_at=now,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            continue  # another writer was first; its job is the answer
        if run_at is None or run_at <= now:
            nudge_after_commit()
        return row.pk


def wake(kind: str, *, key: str) -> bool:
    """Make the open job due now, or run once more when it is running; False when there is none.

    A wake is never lost: one that comes while the job runs is kept until the handler returns.
    """
    with transaction.atomic():
        row = JobRow.objects.select_for_update().filter(kind=kind, key=key, state__in=WAKEABLE).first()
        if row is None:
            return False
        if row.state == JobState.RUNNING:
            JobRow.objects.filter(pk=row.pk).update(woken=True)
        else:
            JobRow.objects.filter(pk=row.pk).update(state=JobState.READY, due_at=clock.now())
    nudge_after_commit()
    return True


def revive(job_id: str) -> None:
    """Try a dead letter again from its checkpoint. Raises NotFound, Conflict when it is not dead or was replaced."""
    with transaction.atomic():
        row = _locked(job_id)
        if row.state != JobState.DEAD:
            raise Conflict(f"job {job_id} is {row.state}, not DEAD")
        if JobRow.objects.filter(kind=row.kind, key=row.key, state__in=OPEN).exists():
            raise Conflict(f"another {row.kind} {row.key} is open already")
        JobRow.objects.filter(pk=job_id).update(state=JobState.READY, due_at=clock.now(), attempt=0, closed_at=None)
    nudge_after_commit()


def forget(job_id: str) -> None:
    """Close a dead letter for good. Raises NotFound, Conflict when it is not dead."""
    with transaction.atomic():
        row = _locked(job_id)
        if row.state != JobState.DEAD:
            raise Conflict(f"job {job_id} is {row.state}, not DEAD")
        JobRow.objects.filter(pk=job_id).update(state=JobState.DONE)


def settle_step(job_id: str, name: str, *, happened: bool, result: Any = None) -> None:
    """Record a person's word on a step that was cut off or failed, and let the job go on.

    `happened`: it is done with `result` (JSON); otherwise it runs again. Raises NotFound, Conflict while it runs.
    """
    with transaction.atomic():
        row = _locked(job_id)
        if row.state == JobState.RUNNING:
            raise Conflict(f"job {job_id} is running")
        step = StepRow.objects.filter(job=row, name=name).exclude(state=StepState.DONE).first()
        if step is None:
            raise NotFound(f"job {job_id} has no unsettled step {name}")
        if happened:
            StepRow.objects.filter(pk=step.pk).update(state=StepState.DONE, result=result, finished_at=clock.now())
        else:
            step.delete()
        JobRow.objects.filter(Q(pk=job_id), state__in=(JobState.UNKNOWN, JobState.WAITING)).update(
            state=JobState.READY, due_at=clock.now(), attempt=0, error=""
        )
    nudge_after_commit()


def forget_closed(*, before: datetime, limit: int = 1000) -> int:
    """Delete up to `limit` jobs that were DONE before that moment; dead letters stay. Returns how many."""
    ids = JobRow.objects.filter(state=JobState.DONE, closed_at__lt=before).values_list("pk", flat=True)[:limit]
    return JobRow.objects.filter(pk__in=list(ids)).delete()[1].get("durable.JobRow", 0)


def nudge_after_commit() -> None:
    """Wake this machine's workers when the surrounding transaction has committed."""
    transaction.on_commit(lambda: nudge(settings().run))


def _locked(job_id: str) -> JobRow:
    row = JobRow.objects.select_for_update().filter(pk=job_id).first()
    if row is None:
        raise NotFound(f"there is no job {job_id}")
    return row
