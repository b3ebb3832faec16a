"""Answers that are kept, so that a request that is sent twice acts once."""

from django.db import models


class KeptAnswer(models.Model):
    """The answer to the first request with an idempotency key of one person on one address."""

    person_id = models.BigIntegerField()
    address = models.CharField(max_length=200)
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    etag = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person_id", "address", "key"], name="one_answer_a_key")
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.status}"
