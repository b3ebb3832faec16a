"""Requests for approval and people's decisions."""

from django.db import models


class Request(models.Model):
    """`subject` (a release id) may go on when `needed` people approved `digest` before `expires_at`.

    `authors` are the addresses that may not decide; `evidence` is the summary that was shown.
    """

    id = models.CharField(max_length=40, primary_key=True)
    subject = models.CharField(max_length=80, db_index=True)
    digest = models.CharField(max_length=80)
    evidence = models.JSONField(default=dict)
    needed = models.PositiveIntegerField()
    authors = models.JSONField(default=list)
    outcome = models.CharField(max_length=8, default="OPEN")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "digest"], name="approvals_one_per_digest")]

    def __str__(self) -> str:
        return f"{self.subject} {self.outcome}"


class Decision(models.Model):
    """One person's word, once."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(Request, models.PROTECT, related_name="decisions")
    person = models.CharField(max_length=254)
    name = models.CharField(max_length=120)
    approved = models.BooleanField()
    comment = models.TextField(blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["request", "person"], name="approvals_one_word_per_person")]

    def __str__(self) -> str:
        return f"{self.person} {'yes' if self.approved else 'no'}"
