"""Read backups, and what a rollback means for a database."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class BackupRow:
    """A backup that was test-restored. `facts` are row counts by table as of the backup; size in bytes."""

    id: str
    service: str
    environment: str
    reason: str
    at: datetime
    path: Path
    size: int
    seconds: float
    facts: dict[str, int]


def backups(service: str | None = None, environment: str | None = None) -> list[BackupRow]:
    """Return backups, newest first."""
    raise NotImplementedError


def backup(backup_id: str) -> BackupRow:
    """Return one backup. Raises NotFound."""
    raise NotImplementedError


def what_rollback_means(service: str, environment: str, from_release: str, to_release: str) -> str:
    """Say in one sentence what going back from one release to the other means for the data."""
    raise NotImplementedError
