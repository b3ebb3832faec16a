"""The event log: append-only, in order; live pages and the record read it."""

from django.db import models


class Event(models.Model):
    """Something that happened to `subject`; `facts` are the announcement's own fields."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=80)
    subject = models.CharField(max_length=80, db_index=True)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
