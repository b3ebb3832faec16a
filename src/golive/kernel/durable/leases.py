"""Claiming, renewing and giving back jobs: conditional updates on the fence, so that exactly one owner wins."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from golive.kernel.durable.events import WorkGivenUp
from golive.kernel.durable.models import JobRow, JobState
from golive.kernel.events import announce


def due_kinds(now: datetime) -> set[str]:
    """Return of which kinds a job is due: the cheap question, since most looks find nothing."""
    return set(JobRow.objects.filter(due_at__lte=now).values_list("kind", flat=True).distinct())


def claim(
    owner: str,
    leases: Mapping[str, timedelta],
    *,
    now: datetime,
    limit: int,
    except_ids: Collection[str] = (),
    key: str = "",
) -> list[JobRow]:
    """Lease up to `limit` due jobs of the kinds in `leases` (kind -> length of its lease), longest due first.

    With a `key`, only that job.
    """
    if limit <= 0 or not leases:
        return []
    due = JobRow.objects.filter(due_at__lte=now, kind__in=list(leases)).order_by("due_at")
    if key:
        due = due.filter(key=key)
    if except_ids:
        due = due.exclude(pk__in=list(except_ids))
    return [row for row in due[:limit] if _take(row, owner, now, leases[row.kind])]


def _take(row: JobRow, owner: str, now: datetime, lease: timedelta) -> bool:
    changes = {
        "state": JobState.RUNNING,
        "owner": owner,
        "fence": row.fence + 1,
        "due_at": now + lease,
        "woken": False,
    }
    # The fence alone decides: a renewal moves due_at, so due_at is part of the condition too.
    won = JobRow.objects.filter(pk=row.pk, fence=row.fence, state=row.state, due_at=row.due_at).update(**changes)
    for name, value in changes.items():
        setattr(row, name, value)
    return won == 1


def bring_forward(length: timedelta, *, now: datetime, longest: timedelta) -> None:
    """Have everything that waits come so much sooner; no lease ends later than the longest one would from now on.

    A lease is of its owner's clock, and other machines have clocks of their own: none is cut by the step of this one.
    """
    JobRow.objects.filter(due_at__gt=now).exclude(state=JobState.RUNNING).update(due_at=F("due_at") - length)
    JobRow.objects.filter(due_at__gt=now + longest, state=JobState.RUNNING).update(due_at=now + longest)


def _held(job_id: str, fence: int) -> QuerySet[JobRow]:
    return JobRow.objects.filter(pk=job_id, fence=fence, state=JobState.RUNNING)


def renew(job_id: str, fence: int, *, until: datetime) -> bool:
    """Extend the lease; False when another owner has the job."""
    return _held(job_id, fence).update(due_at=until) == 1


def woken(job_ids: Collection[str]) -> set[str]:
    """Return which of these held jobs were woken, and forget it."""
    ids = set(JobRow.objects.filter(pk__in=list(job_ids), woken=True).values_list("pk", flat=True))
    if ids:
        JobRow.objects.filter(pk__in=ids).update(woken=False)
    return ids


def progress(job_id: str, fence: int) -> bool:
    """Forget the failures in a row."""
    return _held(job_id, fence).update(attempt=0, error="") == 1


def finish(job_id: str, fence: int, *, result: Mapping[str, Any], at: datetime) -> bool:
    """Close the job as DONE; a wake that came meanwhile makes it due at once instead, and this True."""
    return _give_up(job_id, fence, now=at, state=JobState.DONE, due_at=None, closed_at=at, result=dict(result))


def suspend(job_id: str, fence: int, *, until: datetime | None, now: datetime) -> bool:
    """Give the lease back until `until`; a wake that came meanwhile makes the job due at once instead, and this True."""
    return _give_up(job_id, fence, now=now, state=JobState.WAITING, due_at=until, owner="")


def _give_up(job_id: str, fence: int, *, now: datetime, **changes: Any) -> bool:
    """End a call that did its work, by `changes` unless the job was woken during it."""
    held, calm = _held(job_id, fence), {"attempt": 0, "error": ""}
    if held.filter(woken=False).update(**changes, **calm):
        return False
    return held.filter(woken=True).update(state=JobState.READY, due_at=now, owner="", woken=False, **calm) == 1


def retry(job_id: str, fence: int, *, at: datetime, attempt: int, error: str) -> bool:
    """Give the lease back after a failure; due again at `at`."""
    return _held(job_id, fence).update(state=JobState.READY, due_at=at, owner="", attempt=attempt, error=error) == 1


def bury(job_id: str, fence: int, *, at: datetime, attempt: int, error: str) -> bool:
    """Close the job as a dead letter, and announce it: it is not tried again unless a person says so."""
    with transaction.atomic():
        row = _held(job_id, fence).select_for_update().only("kind", "key").first()
        if row is None:
            return False
        closed = {"state": JobState.DEAD, "due_at": None, "closed_at": at, "attempt": attempt, "error": error}
        JobRow.objects.filter(pk=job_id).update(**closed)
        kind_of_error = error.partition(":")[0][:80]
        announce(WorkGivenUp(subject=job_id, work=row.kind, key=row.key, tries=attempt, error=kind_of_error), at=at)
    return True


def ask(job_id: str, fence: int, *, error: str) -> bool:
    """Stop until a person settles the step that nobody knows about."""
    return _held(job_id, fence).update(state=JobState.UNKNOWN, due_at=None, owner="", error=error) == 1


def give_back(job_id: str, fence: int, *, now: datetime) -> bool:
    """Let anyone continue at once: the owner is stopping."""
    return _held(job_id, fence).update(state=JobState.READY, due_at=now, owner="") == 1
