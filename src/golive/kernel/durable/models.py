"""The tables of durable work."""

from django.db import models
from django.db.models import Q


class JobState(models.TextChoices):
    """READY may be claimed when due; RUNNING is leased until due; the last three need nobody or a person."""

    READY = "READY"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    UNKNOWN = "UNKNOWN"
    DONE = "DONE"
    DEAD = "DEAD"


OPEN = (JobState.READY, JobState.RUNNING, JobState.WAITING, JobState.UNKNOWN)


class JobRow(models.Model):
    """One job.

    `due_at` is the one time that matters: when a READY or WAITING job may start, when a RUNNING one's lease ends, null
    when only `wake` or a person can move it. `fence` grows with every claim. `attempt` counts failures in a row.
    """

    id = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=80)
    key = models.CharField(max_length=160)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=JobState.choices, default=JobState.READY)
    due_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=120, blank=True, default="")
    fence = models.PositiveBigIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    woken = models.BooleanField(default=False)
    checkpoint = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=OPEN),
                name="durable_one_open_job_per_key",
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="durable_due"),
            models.Index(fields=["kind", "key", "created_at"], name="durable_by_key"),
            models.Index(fields=["closed_at"], name="durable_closed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.state}"


class StepState(models.TextChoices):
    """STARTED by a dead owner means: nobody knows whether it happened."""

    STARTED = "STARTED"
    DONE = "DONE"
    FAILED = "FAILED"


class StepRow(models.Model):
    """One step of a job and its recorded result."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(JobRow, models.CASCADE, related_name="steps")
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=StepState.choices)
    fence = models.PositiveBigIntegerField()
    result = models.JSONField(null=True)
    error = models.TextField(blank=True, default="")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="durable_one_row_per_step")]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"
