"""The outbox of pages."""

from django.db import models


class Page(models.Model):
    """One person is asked about one incident, in one round."""

    id = models.CharField(max_length=40, primary_key=True)
    incident = models.CharField(max_length=40, db_index=True)
    email = models.EmailField()
    name = models.CharField(max_length=120)
    level = models.PositiveSmallIntegerField()
    round = models.PositiveIntegerField(default=0)
    begins = models.BooleanField(default=False)  # of a round that level 1 was asked in first
    created_at = models.DateTimeField()
    acked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "email", "round"], name="paging_person_once_per_round")
        ]

    def __str__(self) -> str:
        return f"{self.name} about {self.incident}"


class AttemptState(models.TextChoices):
    """QUEUED until the provider takes it, or it is given up, or nobody needs it any more."""

    QUEUED = "QUEUED"
    ACCEPTED = "ACCEPTED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Attempt(models.Model):
    """One message to one person by one channel. Its id is the idempotency key of every time it is sent."""

    id = models.CharField(max_length=40, primary_key=True)
    page = models.ForeignKey(Page, models.CASCADE, related_name="attempts")
    act = models.CharField(max_length=12, default="trigger")
    sentence = models.TextField(blank=True, default="")
    channel = models.CharField(max_length=40)
    channel_name = models.CharField(max_length=80)
    address = models.CharField(max_length=254, blank=True, default="")
    state = models.CharField(max_length=10, choices=AttemptState.choices, default=AttemptState.QUEUED)
    tries = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    provider_id = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    acked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["state", "created_at"], name="paging_queue")]

    def __str__(self) -> str:
        return f"{self.act} by {self.channel_name}"
