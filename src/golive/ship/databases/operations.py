"""Back up, migrate, restore."""

from pathlib import Path

from golive.kernel.access.roles import Actor
from golive.kernel.problems import Conflict, Problem
from golive.ship.artifacts.domain import Artifact
from golive.ship.databases.queries import BackupRow
from golive.ship.replicas.domain import ReleaseRef
from golive.ship.services.domain.manifest import Manifest


class BackupFailed(Problem):
    """No proven backup could be made; nothing was changed."""

    slug = "backup-failed"
    title = "The backup failed"
    status = 422


class MigrationFailed(Problem):
    """The migrate command failed; the facts have `tail`, `log`, and `backup` (id) when there is one."""

    slug = "migration-failed"
    title = "The migration failed"
    status = 422


class RestoreRefused(Conflict):
    """A restore would pull the data from under running processes."""

    slug = "restore-refused"
    title = "The restore was refused"


def back_up(*, service: str, environment: str, manifest: Manifest, reason: str) -> BackupRow | None:
    """Make a backup, restore it in a scratch place, compare facts, keep it; None without a database or data.

    Raises BackupFailed.
    """
    raise NotImplementedError


def migrate(
    *, release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest, log: Path
) -> dict[str, object]:
    """Run the migrate command, one at a time per place; call it through `job.once`.

    Returns JSON facts {"ran": bool, "seconds": float, "schema_changed": bool | None}. Raises MigrationFailed,
    Conflict when another migration is running at the place.
    """
    raise NotImplementedError


def restore(*, backup_id: str, by: Actor, force: bool = False) -> BackupRow:
    """Back up the present state, then put a backup in its place; returns the backup of the state before.

    Raises NotFound, RestoreRefused while processes run there (unless `force`), BackupFailed.
    """
    raise NotImplementedError
