"""The outbox of notices."""

from django.db import models


class NoticeState(models.TextChoices):
    """QUEUED until the provider takes it, FAILED when it is given up or no channel reaches the person."""

    QUEUED = "QUEUED"
    ACCEPTED = "ACCEPTED"
    FAILED = "FAILED"


class Notice(models.Model):
    """One person is told of one entry of a release's record. Its id is the idempotency key of every time it is sent.

    People who share a receiver, such as a chat room, share a notice: `name` names them all, `email` is the first's.
    """

    id = models.CharField(max_length=40, primary_key=True)
    release = models.CharField(max_length=40)
    head = models.CharField(max_length=64)
    occasion = models.CharField(max_length=12)
    email = models.EmailField()
    name = models.TextField()
    channel = models.CharField(max_length=40, blank=True, default="")
    channel_name = models.CharField(max_length=80, blank=True, default="")
    address = models.CharField(max_length=254, blank=True, default="")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=NoticeState.choices, default=NoticeState.QUEUED)
    tries = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    provider_id = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["release", "head", "email"], name="notices_person_once_per_entry")
        ]

    def __str__(self) -> str:
        return f"{self.occasion} to {self.name}"
