"""Messages that are owed, notices in the shop, and what people want. Messages are written in the transaction of what
they tell about and sent later by the worker.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from farmersmarket.outbox.domain import CHANNELS, EMAIL, KINDS


class Message(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        DEAD = "dead"

    kind = models.CharField(max_length=30)
    channel = models.CharField(max_length=6, default=EMAIL, db_default=EMAIL)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    state = models.CharField(max_length=6, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(state="queued"), name="message_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Notice(models.Model):
    """What the bell shows."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    text = models.CharField(max_length=200)
    link = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    read = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["person"], condition=Q(read=False), name="notice_unread")]

    def __str__(self) -> str:
        return self.text


class Choice(models.Model):
    """A person's word about one kind on one channel, where it differs from what is usual."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="choices")
    kind = models.CharField(max_length=20, choices=list(KINDS.items()))
    channel = models.CharField(max_length=6, choices=list(CHANNELS.items()))
    wanted = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "channel"], name="one_choice")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} {self.wanted}"
