"""The on-call list and the contacts of people."""

from django.db import models
from django.db.models import Q


class Policy(models.Model):
    """How long to wait for an acknowledgement; there is one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    escalate_after_s = models.PositiveIntegerField(default=300)
    resend_after_s = models.PositiveIntegerField(default=300)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="oncall_one_policy")]

    def __str__(self) -> str:
        return f"level 2 after {self.escalate_after_s} s"


class Responder(models.Model):
    """A person in a level, in the order of the list."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField()
    level = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["level", "position"]
        constraints = [
            models.UniqueConstraint(fields=["email"], name="oncall_person_once"),
            models.CheckConstraint(condition=Q(level__in=(1, 2)), name="oncall_two_levels"),
        ]

    def __str__(self) -> str:
        return f"{self.email} on level {self.level}"


class Contact(models.Model):
    """A person's address in a channel; `address` is empty where the channel has one receiver."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(db_index=True)
    channel = models.CharField(max_length=40)
    address = models.CharField(max_length=254, blank=True, default="")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["email", "position"]

    def __str__(self) -> str:
        return f"{self.email} by {self.channel}"
