"""Tables of backups and migrations."""

from django.db import models


class Backup(models.Model):
    """A backup that was proven by a restore; `facts` are rows by table."""

    id = models.CharField(primary_key=True, max_length=40)
    service = models.CharField(max_length=40)
    environment = models.CharField(max_length=40)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    path = models.TextField()
    size = models.PositiveBigIntegerField()
    seconds = models.FloatField()
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["service", "environment", "-at"], name="backups_of_a_place")]

    def __str__(self) -> str:
        return f"{self.service}/{self.environment} at {self.at}"


class MigrationState(models.TextChoices):
    """STARTED without an end means that nobody knows."""

    STARTED = "STARTED"
    DONE = "DONE"
    FAILED = "FAILED"


class Migration(models.Model):
    """The migration of a release at a place. Schema hashes are empty where they cannot be had."""

    release = models.CharField(max_length=80)
    service = models.CharField(max_length=40)
    environment = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=MigrationState.choices)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0.0)
    schema_before = models.CharField(max_length=64, default="")
    schema_after = models.CharField(max_length=64, default="")

    class Meta:
        ordering = ["started_at"]
        constraints = [
            models.UniqueConstraint(fields=["release", "environment"], name="one_migration_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.release} in {self.environment}: {self.state}"

    @property
    def schema_changed(self) -> bool | None:
        """Whether the schema is another one since; None when that is not known."""
        if not self.schema_before or not self.schema_after:
            return None
        return self.schema_before != self.schema_after
