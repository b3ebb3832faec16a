"""Reading durable work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from golive.kernel.durable.models import OPEN, JobRow, JobState, StepRow


@dataclass(frozen=True)
class JobView:
    """A job as others may see it."""

    id: str
    kind: str
    key: str
    state: str
    owner: str
    fence: int
    attempt: int
    due_at: datetime | None
    created_at: datetime
    closed_at: datetime | None
    error: str
    result: dict[str, Any]
    checkpoint: dict[str, Any]


@dataclass(frozen=True)
class StepView:
    """A step as others may see it."""

    name: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    error: str


def latest(kind: str, *, key: str) -> JobView | None:
    """Return the newest job of this kind and key, open or closed."""
    row = JobRow.objects.filter(kind=kind, key=key).order_by("-created_at", "-pk").first()
    return _view(row) if row else None


def get(job_id: str) -> JobView | None:
    """Return the job of that id."""
    row = JobRow.objects.filter(pk=job_id).first()
    return _view(row) if row else None


def steps(job_id: str) -> list[StepView]:
    """Return the job's steps in the order they started."""
    return [
        StepView(row.name, row.state, row.started_at, row.finished_at, row.error)
        for row in StepRow.objects.filter(job_id=job_id).order_by("pk")
    ]


def dead_letters(*, limit: int = 100) -> list[JobView]:
    """Return the jobs that were given up, newest first."""
    return [_view(row) for row in JobRow.objects.filter(state=JobState.DEAD).order_by("-closed_at")[:limit]]


def open_count(kind: str = "") -> int:
    """Return how many jobs are open, of one kind or of all."""
    rows = JobRow.objects.filter(state__in=OPEN)
    return (rows.filter(kind=kind) if kind else rows).count()


def _view(row: JobRow) -> JobView:
    return JobView(
        row.pk,
        row.kind,
        row.key,
        row.state,
        row.owner,
        row.fence,
        row.attempt,
        row.due_at,
        row.created_at,
        row.closed_at,
        row.error,
        row.result,
        row.checkpoint,
    )
