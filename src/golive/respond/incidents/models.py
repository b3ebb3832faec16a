"""The tables of incidents."""

from django.db import models
from django.db.models import Q

from golive.respond.incidents.domain import OPEN_STATES, Severity, State


class Incident(models.Model):
    """One incident. `dedup_key` is unique among the open ones: what happens again joins instead of opening."""

    id = models.CharField(max_length=40, primary_key=True)
    number = models.PositiveIntegerField(unique=True)
    dedup_key = models.CharField(max_length=160)
    severity = models.CharField(max_length=4, choices=[(one, one) for one in Severity])
    state = models.CharField(max_length=12, choices=[(one, one) for one in State], default=State.TRIGGERED)
    title = models.CharField(max_length=200)
    sentence = models.TextField(blank=True, default="")
    blames_release = models.BooleanField(default=False)
    service = models.CharField(max_length=40, blank=True, default="")
    environment = models.CharField(max_length=40, blank=True, default="")
    release = models.CharField(max_length=40, blank=True, default="", db_index=True)
    version = models.CharField(max_length=80, blank=True, default="")
    facts = models.JSONField(default=dict)
    occurrences = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(db_index=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=120, blank=True, default="")
    mitigated_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["dedup_key"],
                condition=Q(state__in=OPEN_STATES),
                name="incidents_one_open_per_key",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"


class TimelineEntry(models.Model):
    """One line of the timeline; never changed."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, models.CASCADE, related_name="timeline")
    at = models.DateTimeField()
    actor = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    text = models.TextField()
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.text
