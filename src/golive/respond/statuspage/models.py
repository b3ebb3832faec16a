"""The tables behind the status page."""

from django.db import models
from django.db.models import Q

from golive.respond.statuspage.domain import Health


class Component(models.Model):
    """A site as its users know it."""

    site = models.CharField(max_length=81, primary_key=True)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    is_public = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Trouble(models.Model):
    """A time in which a component was not operational, because of an incident."""

    id = models.BigAutoField(primary_key=True)
    component = models.ForeignKey(Component, models.CASCADE, related_name="troubles")
    incident = models.CharField(max_length=40, db_index=True)
    health = models.CharField(max_length=12, choices=[(one, one) for one in Health])
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["component", "incident"],
                condition=Q(ended_at=None),
                name="statuspage_one_open_trouble",
            )
        ]

    def __str__(self) -> str:
        return f"{self.component_id} {self.health}"


class Update(models.Model):
    """Something that was said about an incident. `facts_text` is what golive said; a person's words stand beside it."""

    id = models.BigAutoField(primary_key=True)
    component = models.ForeignKey(Component, models.CASCADE, related_name="updates")
    incident = models.CharField(max_length=40, db_index=True)
    state = models.CharField(max_length=16)
    facts_text = models.TextField()
    words = models.TextField(blank=True, default="")
    worded_by = models.CharField(max_length=120, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.words or self.facts_text


class Maintenance(models.Model):
    """Announced work."""

    id = models.BigAutoField(primary_key=True)
    component = models.ForeignKey(Component, models.CASCADE, related_name="maintenances")
    title = models.CharField(max_length=120)
    text = models.TextField(blank=True, default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="statuspage_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.title
