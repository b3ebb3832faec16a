"""The audit log's table."""

from typing import Any, NoReturn

from django.db import models


class Entry(models.Model):
    """One act; `hash` covers this row and the hash before it."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=120)
    action = models.CharField(max_length=80, db_index=True)
    subject = models.CharField(max_length=120, db_index=True)
    facts = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only: an entry is never changed."""
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse: the log is append-only."""
        raise TypeError("audit entries are never deleted")
