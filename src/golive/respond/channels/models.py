"""The table of channels."""

from django.db import models


class ChannelRow(models.Model):
    """One channel; `secrets` is a Fernet token of a JSON object, bound to this home's key."""

    id = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20)
    settings = models.JSONField(default=dict)
    secrets = models.TextField(default="")
    is_on = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    tested_at = models.DateTimeField(null=True)
    test_error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"
