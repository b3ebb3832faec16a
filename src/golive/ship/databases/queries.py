"""Read backups, where databases are, and what a rollback means for one."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from golive.kernel.config import settings
from golive.kernel.ports import the
from golive.kernel.problems import NotFound
from golive.ship.commands import operations as commands
from golive.ship.commands.domain import Identity
from golive.ship.databases.models import Backup, Migration, MigrationState
from golive.ship.databases.ports import DatabaseTools, PostgresTools, SqliteTools
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import Manifest


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


@dataclass(frozen=True)
class Place:
    """The database of a service in an environment: its tools, its address (which may hold a password) and, for a file
    of another user than golive's own, its owner.
    """

    tools: DatabaseTools
    address: str
    suffix: str
    owner: Identity | None = None


def backups(service: str | None = None, environment: str | None = None, *, limit: int | None = None) -> list[BackupRow]:
    """Return backups, newest first, at most `limit`."""
    rows = Backup.objects.all()
    if service is not None:
        rows = rows.filter(service=service)
    if environment is not None:
        rows = rows.filter(environment=environment)
    return [row(backup) for backup in rows[:limit]]


def backup(backup_id: str) -> BackupRow:
    """Return one backup. Raises NotFound."""
    found = Backup.objects.filter(pk=backup_id).first()
    if found is None:
        raise NotFound(f"There is no backup {backup_id[:60]!r}.", hint="`golive backup list` has them all.")
    return row(found)


def place(service: str, environment: str, manifest: Manifest) -> Place | None:
    """Return where the database is, None when golive.toml names none. Raises SecretMissing, RunAsRefused."""
    wanted = manifest.database
    if wanted is None:
        return None
    if wanted.sqlite:
        path = settings().data / service / environment / wanted.sqlite
        owner = commands.identity(service, manifest.run_as)
        return Place(the(SqliteTools), str(path), ".sqlite3", owner)
    if wanted.url:
        values = manifest.environment(environment)
        known = dict(values.env)
        if wanted.url not in known:
            known |= services.secrets(service, environment, [wanted.url])
        return Place(the(PostgresTools), known[wanted.url], ".dump")
    return None


def what_rollback_means(service: str, environment: str, from_release: str, to_release: str) -> str:
    """Say in one or two sentences what going back from one release to the other means for the data."""
    of_place = Migration.objects.filter(service=service, environment=environment)
    if not of_place.exists():
        return "The data stays as it is: golive knows of no migration here."
    target = of_place.filter(release=to_release).first()
    since = of_place.exclude(release=to_release)
    since = since.filter(started_at__gt=target.started_at) if target else since.filter(release=from_release)
    touching = [one for one in since if one.state != MigrationState.DONE or one.schema_changed is not False]
    if not touching:
        return "The data stays as it is: the schema is the same in both releases."
    first = touching[0]
    sure = any(one.schema_changed for one in touching)
    changed = "has changed the schema" if sure else "may have changed the schema"
    sentence = (
        f"A migration since then {changed}, and going back does not undo it: "
        "the older release runs on the newer schema."
    )
    before = Backup.objects.filter(service=service, environment=environment, at__lte=first.started_at).first()
    if before is None:
        return f"{sentence} There is no backup from before."
    return (
        f"{sentence} The backup {before.pk} of {before.at:%Y-%m-%d %H:%M} UTC is from before; "
        "restoring it loses what was written since."
    )


def row(backup: Backup) -> BackupRow:
    """Return a backup as a value."""
    return BackupRow(
        id=backup.pk,
        service=backup.service,
        environment=backup.environment,
        reason=backup.reason,
        at=backup.at,
        path=Path(backup.path),
        size=backup.size,
        seconds=backup.seconds,
        facts=backup.facts,
    )
