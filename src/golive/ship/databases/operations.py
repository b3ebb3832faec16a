"""Back up, migrate, restore."""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from golive.kernel import audit, clock, ids
from golive.kernel.access.roles import Actor
from golive.kernel.config import settings
from golive.kernel.log import get_logger
from golive.kernel.problems import Conflict, Problem
from golive.ship.artifacts.domain import Artifact
from golive.ship.commands import operations as commands
from golive.ship.commands.domain import Finished
from golive.ship.databases import queries
from golive.ship.databases.models import Backup, Migration, MigrationState
from golive.ship.databases.ports import DatabaseTrouble, Facts
from golive.ship.databases.queries import BackupRow, Place
from golive.ship.replicas import operations as replicas
from golive.ship.replicas import queries as running
from golive.ship.replicas.domain import ReleaseRef
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import Manifest

logger = get_logger(__name__)
DRAFT, PROOF = ".draft-", "golive-prove-"


class BackupFailed(Problem):
    """No proven backup could be made; nothing was changed. The fact `ruined`: the database cannot be read any more."""

    slug = "backup-failed"
    title = "The backup failed"
    status = 422


class MigrationFailed(Problem):
    """The migrate command failed; the facts have `tail`, `log`, and `backup` (id) when there is one."""

    slug = "migration-failed"
    title = "The migration failed"
    status = 422


class DatabaseBusy(Conflict):
    """Another backup, migration or restore is at work on this database."""

    slug = "database-busy"
    title = "The database is busy"


class RestoreRefused(Conflict):
    """A restore would pull the data from under running processes."""

    slug = "restore-refused"
    title = "The restore was refused"


@dataclass(frozen=True)
class Restored:
    """What a restore did: the backup that is in place now, and what is left of the state before.

    That is a backup, or the folder of a copy where it could not be read any more; neither when there was none.
    """

    backup: BackupRow
    before: BackupRow | None
    aside: Path | None = None


def back_up(*, service: str, environment: str, manifest: Manifest, reason: str) -> BackupRow | None:
    """Make a backup, restore it in a scratch place, compare facts, keep it; None without a database or data,
    or where golive.toml turned backups off. Raises BackupFailed, SecretMissing.
    """
    place = _place(service, environment, manifest)
    if place is None or manifest.database is None or not manifest.database.backup:
        return None
    with _alone(service, environment):
        return _back_up(place, service, environment, manifest, reason)


def migrate(
    *, release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest, log: Path
) -> dict[str, Any]:
    """Run the migrate command, one at a time per place; call it through `job.once`, so that it runs once.

    Returns JSON facts {"ran": bool, "seconds": float, "schema_changed": bool | None}; a release that is migrated
    already returns its facts again. Raises MigrationFailed, DatabaseBusy, SecretMissing.
    """
    wanted = manifest.database
    if wanted is None or wanted.migrate is None:
        return {"ran": False, "seconds": 0.0, "schema_changed": False}
    with _alone(release.service, environment, wait=False):
        known = Migration.objects.filter(release=release.id, environment=environment).first()
        if known is not None and known.state == MigrationState.DONE:
            return _facts(known)
        place = _place(release.service, environment, manifest)
        before, _ = _schema(place)
        marker = _mark_started(release, environment, before)
        done = replicas.run_once(
            release=release,
            environment=environment,
            artifact=artifact,
            manifest=manifest,
            command=wanted.migrate,
            log=log,
            limit_s=wanted.timeout.total_seconds(),
        )
        after, damaged = _schema(place)
        ruined = before is not None and damaged
        _mark_finished(marker, done, after, good=done.succeeded and not ruined)
    if ruined or not done.succeeded:
        raise _explain(wanted.migrate, marker, done, log, ruined=ruined)
    return _facts(marker)


def restore(*, backup_id: str, by: Actor, force: bool = False) -> Restored:
    """Back up the present state, or set it aside when it is ruined, then put a backup in its place.

    Raises NotFound, RestoreRefused while processes run there (unless `force`), BackupFailed, DatabaseTrouble.
    """
    chosen = queries.backup(backup_id)
    manifest = services.service(chosen.service).manifest
    place = _place(chosen.service, chosen.environment, manifest)
    if place is None or not chosen.path.is_file():
        raise RestoreRefused(
            f"The backup {chosen.id} has no file or no database to go to any more.",
            hint="Choose another one: `golive backup list`.",
        )
    living = running.releases_at(chosen.service, chosen.environment)
    if living and not force:
        raise RestoreRefused(
            f"{chosen.service}/{chosen.environment} runs ({', '.join(living)}) and would lose its data while it writes.",
            hint="Turn on maintenance, then `--force`; deploy the release again afterwards, for fresh processes.",
        )
    aside = None
    with _alone(chosen.service, chosen.environment):
        try:
            reason = f"before restore of {chosen.id}"
            before = _back_up(place, chosen.service, chosen.environment, manifest, reason, protect=chosen.id)
        except BackupFailed as failed:
            if not failed.facts.get("ruined"):
                raise
            before, aside = None, _set_aside(place, chosen)
        try:
            _restore(place, chosen.path)
        except DatabaseTrouble as error:
            raise DatabaseTrouble(services.redaction(chosen.service)(error.detail), hint=error.hint) from None
    with transaction.atomic():
        audit.record(
            actor=str(by),
            action="backup.restored",
            subject=f"{chosen.service}/{chosen.environment}",
            facts={
                "backup": chosen.id,
                "before": before.id if before else None,
                "aside": str(aside or ""),
                "forced": bool(living),
            },
        )
    return Restored(chosen, before, aside)


def _place(service: str, environment: str, manifest: Manifest) -> Place | None:
    """Return where the database is; one from before `run_as` becomes its user's. Raises SecretMissing, RunAsRefused."""
    place = queries.place(service, environment, manifest)
    folder = settings().data / service / environment
    if place is not None and folder.is_dir():
        commands.lend(folder, place.owner)
    return place


def _back_up(
    place: Place,
    service: str,
    environment: str,
    manifest: Manifest,
    reason: str,
    *,
    protect: str = "",
) -> BackupRow | None:
    started = clock.system.monotonic()
    backup_id = ids.new_id("backup")
    path = settings().backups / service / environment / f"{backup_id}{place.suffix}"
    draft = path.with_name(f"{DRAFT}{path.name}")
    try:
        with commands.acting(place.owner):
            if not place.tools.exists(place.address):
                return None
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _forget_cut_off(path.parent)
        facts = _copy_out(place, draft)
        draft.chmod(0o600)
        _prove(place, draft, facts)
        size = draft.stat().st_size
        draft.replace(path)
    except (DatabaseTrouble, OSError) as error:
        draft.unlink(missing_ok=True)
        raise _backup_trouble(error, service) from None
    row = Backup.objects.create(
        id=backup_id,
        service=service,
        environment=environment,
        reason=reason[:200],
        at=clock.now(),
        path=str(path),
        size=size,
        seconds=round(clock.system.monotonic() - started, 3),
        facts=facts,
    )
    logger.info("backup_made", service=service, environment=environment, size=size, seconds=row.seconds)
    _forget_old(service, environment, manifest, protect)
    return queries.row(row)


def _copy_out(place: Place, path: Path) -> Facts:
    if place.owner is None:
        return place.tools.back_up(place.address, path)
    with _scratch() as folder:
        commands.lend(folder, place.owner)
        with commands.acting(place.owner):
            facts = place.tools.back_up(place.address, folder / path.name)
            made = (folder / path.name).open("rb")
        with made, path.open("wb") as kept:
            shutil.copyfileobj(made, kept)
            kept.flush()
            os.fsync(kept.fileno())
    return facts


def _set_aside(place: Place, chosen: BackupRow) -> Path:
    """Copy a ruined database as it is; only people remove that. Raises BackupFailed."""
    folder = settings().backups / chosen.service / chosen.environment / ids.new_id("ruined")
    try:
        folder.mkdir(parents=True, mode=0o700)
        for path in place.tools.files(place.address):
            with commands.acting(place.owner):
                ruin = path.open("rb")
            with ruin, (folder / path.name).open("wb") as kept:
                shutil.copyfileobj(ruin, kept)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _backup_trouble(error, chosen.service) from error
    return folder


def _restore(place: Place, backup: Path) -> None:
    if place.owner is None:
        place.tools.restore(backup, place.address)
        return
    with _scratch() as folder:
        shutil.copyfile(backup, folder / backup.name)
        commands.lend(folder, place.owner)
        with commands.acting(place.owner):
            place.tools.restore(folder / backup.name, place.address)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder in which files change hands between golive and the owner of a database."""
    within = settings().run / "scratch"
    within.mkdir(exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=within) as name:
        yield Path(name)


def _prove(place: Place, path: Path, facts: Facts) -> None:
    with tempfile.TemporaryDirectory(prefix=PROOF, dir=path.parent) as scratch:
        found = place.tools.prove(path, place.address, Path(scratch))
    differing = sorted(table for table in facts.keys() | found.keys() if facts.get(table) != found.get(table))
    if differing:
        raise DatabaseTrouble(
            f"The restored backup differs from the database in {', '.join(differing[:5])}.",
            hint="Nothing was changed. Try again; if it stays, check the disk and the database.",
        )


def _forget_old(service: str, environment: str, manifest: Manifest, protect: str) -> None:
    keep = manifest.database.keep_backups if manifest.database else 1
    old = Backup.objects.filter(service=service, environment=environment).exclude(pk=protect)
    for backup in old[keep:]:
        Path(backup.path).unlink(missing_ok=True)
        backup.delete()


def _forget_cut_off(folder: Path) -> None:
    """Remove what golive's own death in the middle of a backup left: each is as large as the database."""
    for left in folder.glob(f"{DRAFT}*"):
        left.unlink(missing_ok=True)
    for left in folder.glob(f"{PROOF}*"):
        shutil.rmtree(left, ignore_errors=True)


def _backup_trouble(error: Problem | OSError, service: str) -> BackupFailed:
    if isinstance(error, Problem):
        return BackupFailed(services.redaction(service)(error.detail), hint=error.hint, **error.facts)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return BackupFailed("The disk is full.", hint="Free some space; nothing was changed.")
    return BackupFailed(f"The backup cannot be written: {error}.", hint="Nothing was changed.")


def _schema(place: Place | None) -> tuple[str | None, bool]:
    """Return the hash of the schema, empty where there is none, None when it cannot be read (that alone stops no
    migration); and whether that is because the database is ruined.
    """
    if place is None:
        return "", False
    try:
        with commands.acting(place.owner):
            return (place.tools.schema(place.address) if place.tools.exists(place.address) else ""), False
    except (DatabaseTrouble, OSError) as error:
        logger.warning("schema_not_read", reason=str(error))
        return None, isinstance(error, DatabaseTrouble) and bool(error.facts.get("ruined"))


def _mark_started(release: ReleaseRef, environment: str, schema: str | None) -> Migration:
    marker, _ = Migration.objects.update_or_create(
        release=release.id,
        environment=environment,
        defaults={
            "service": release.service,
            "state": MigrationState.STARTED,
            "started_at": clock.now(),
            "finished_at": None,
            "schema_before": "" if schema is None else schema or "none",
            "schema_after": "",
        },
    )
    return marker


def _mark_finished(marker: Migration, done: Finished, schema: str | None, *, good: bool) -> None:
    marker.state = MigrationState.DONE if good else MigrationState.FAILED
    marker.finished_at, marker.seconds = clock.now(), done.seconds
    marker.schema_after = schema or ""
    marker.save()


def _facts(marker: Migration) -> dict[str, Any]:
    return {"ran": True, "seconds": marker.seconds, "schema_changed": marker.schema_changed}


def _explain(command: str, marker: Migration, done: Finished, log: Path, *, ruined: bool) -> MigrationFailed:
    half = {
        True: "The schema was changed part of the way, and rows may have been too",
        False: "The schema is as it was before, but rows may have been changed",
        None: "Whether the schema or rows were changed is not known",
    }[marker.schema_changed]
    latest = Backup.objects.filter(
        service=marker.service, environment=marker.environment, at__lte=marker.started_at
    ).first()
    way_back = f" The data of before is in backup {latest.pk}: `golive backup restore {latest.pk}`." if latest else ""
    goes_on = "The old release goes on serving; correct the migration and deploy again."
    if ruined:
        half = "The database could be read before, and cannot any more"
        how = "Do that under `golive maintenance on`, with `--force`" if latest else "Repair or replace the database"
        goes_on = f"{how}; then correct the migration and deploy again."
    return MigrationFailed(
        f"`{command}`: {done.words}. {half}.\n{done.tail}".rstrip(),
        hint=f"Whole log: {log}.{way_back} {goes_on}",
        log=str(log),
        tail=done.tail,
        backup=latest.pk if latest else None,
        schema_changed=marker.schema_changed,
    )


@contextmanager
def _alone(service: str, environment: str, *, wait: bool = True) -> Iterator[None]:
    """One backup, migration or restore of a place at a time; the lock ends with its process."""
    folder = settings().run / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"database-{service}-{environment}").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise DatabaseBusy(
                f"Something else is at work on the database of {service}/{environment}.",
                hint="Wait until it is done, then try again.",
            ) from None
        yield
