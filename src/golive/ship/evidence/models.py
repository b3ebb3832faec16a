"""Evidence that was gathered, one row per release."""

from django.db import models


class Evidence(models.Model):
    """`body` is what the store said, `commits` what changed; `problem` says why a part is missing."""

    release = models.CharField(max_length=40, primary_key=True)
    pulled_at = models.DateTimeField()
    gathered_at = models.DateTimeField()
    body = models.JSONField(default=dict)
    commits = models.JSONField(default=list)
    problem = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"evidence of {self.release}"
