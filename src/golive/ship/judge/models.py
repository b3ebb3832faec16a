"""What the judge decided, with what it knew."""

from django.db import models


class Verdict(models.Model):
    """One decision about a release that the engine carried out.

    `policy` is the judge's configuration, `numbers` the evidence at that moment, `explanation` what the page shows,
    `requests` the first failing request ids, `latency_ms` from the decision to the edge's confirmation.
    """

    id = models.BigAutoField(primary_key=True)
    release = models.CharField(max_length=40, db_index=True)
    at = models.DateTimeField()
    decision = models.CharField(max_length=12)
    reason = models.CharField(max_length=80)
    sentence = models.TextField()
    numbers = models.JSONField(default=dict)
    policy = models.JSONField(default=dict)
    explanation = models.JSONField(default=dict)
    requests = models.JSONField(default=list)
    first_bad_at = models.DateTimeField(null=True)
    failed_units = models.PositiveIntegerField(default=0)
    latency_ms = models.FloatField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.release} {self.decision}"
