"""A working tree per release and environment, with the kept data linked in.

An artifact is read-only and serves several environments, while apps want their data at fixed places inside their own
folder. So each release gets a plain copy of the artifact's files (hard links would let a process of root write
through them into the artifact) with dependencies (`.venv`, `node_modules`) as links into the artifact, and with every
kept path as a link to `data/<service>/<environment>/`. The copy is small, takes milliseconds and can be thrown away.
`site.json` beside the tree is written last: without it the tree is laid anew.
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from golive.kernel.config import settings
from golive.kernel.files import replace_file
from golive.kernel.log import get_logger
from golive.kernel.problems import Problem
from golive.ship.artifacts.domain import Artifact
from golive.ship.artifacts.operations import copy_tree
from golive.ship.commands import operations as commands
from golive.ship.commands.ports import RunAsRefused
from golive.ship.replicas import queries
from golive.ship.replicas.domain import ReleaseRef
from golive.ship.services.domain.manifest import Manifest

logger = get_logger(__name__)


class SiteFailed(Problem):
    """The working tree of a release cannot be written."""

    slug = "site-failed"
    title = "The release cannot be laid out"
    status = 507


def lay(release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest) -> Path:
    """Return the working tree of a release, made on first use. Raises SiteFailed, RunAsRefused."""
    folder = queries.site_folder(release.id, environment)
    with alone(folder):
        record = queries.site_record(release.id, environment)
        if record is None or record["digest"] != artifact.digest:
            _discard(folder)
            try:
                _lay(folder, release, environment, artifact, manifest)
            except OSError as error:
                _discard(folder)
                full = error.errno in {errno.ENOSPC, errno.EDQUOT}
                raise SiteFailed(
                    "The disk is full." if full else f"The files of the release cannot be laid out: {error}.",
                    hint="Free some space (old artifacts, backups, logs) and try again." if full else "",
                ) from error
    return folder / "app"


def clear(release: str, environment: str) -> None:
    """Remove a working tree; says what the app wrote into it, and rescues kept files that the app replaced."""
    folder = queries.site_folder(release, environment)
    if not folder.exists():
        return
    with alone(folder):
        stray = queries.stray_writes(release, environment)
        if stray:
            logger.warning(
                "files_written_outside_kept_paths",
                release=release,
                environment=environment,
                count=len(stray),
                examples=stray[:5],
            )
        _rescue(folder, release, queries.site_record(release, environment) or {"links": {}})
        _discard(folder)


def _lay(folder: Path, release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest) -> None:
    app = folder / "app"
    data = settings().data / release.service / environment
    kept = {path.rstrip("/"): path.endswith("/") for path in manifest.keep}
    who = commands.identity(release.service, manifest.run_as)
    for place in (app, data) if kept else (app,):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        commands.lend(place, who)
    others = queries.sites(release.service, environment)
    links = {}
    with commands.acting(who):
        copy_tree(artifact.path, app, without=frozenset(kept))
        for path, is_folder in kept.items():
            _take_over(release, others, path, data / path)
            links[path] = str(_link(artifact.path / path, app / path, data / path, is_folder))
    record = {
        "release": release.id,
        "environment": environment,
        "service": release.service,
        "run_as": manifest.run_as,
        "digest": artifact.digest,
        "links": links,
        "files": queries.snapshot(app),
    }
    replace_file(folder / queries.SITE_RECORD, json.dumps(record))


def _take_over(release: ReleaseRef, others: list[Path], path: str, data: Path) -> None:
    """Bring home a kept file that a release before replaced by another (write and rename): the newest counts."""
    places = [folder / "app" / path for folder in others]
    # Another user's is out of reach here, and saved when its release goes.
    replaced = [place for place in places if os.path.isfile(place) and not place.is_symlink()]
    newest = max(replaced, key=lambda place: place.stat().st_mtime_ns, default=None)
    if newest is None or (data.exists() and data.stat().st_mtime_ns >= newest.stat().st_mtime_ns):
        return
    draft = data.with_name(f".{data.name}.draft")
    shutil.copy2(newest, draft)
    draft.replace(data)
    logger.warning(
        "kept_file_was_replaced",
        path=path,
        release=release.id,
        advice="keep its folder instead: what is written while both releases run is lost",
    )


def _link(built: Path, place: Path, data: Path, is_folder: bool) -> Path:
    """Link `place` to its data; what the repository has there is the first content."""
    data.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not data.exists():
        if built.is_dir():
            copy_tree(built, data)
        elif built.is_file():
            draft = data.with_name(f".{data.name}.draft")
            shutil.copyfile(built, draft)
            draft.replace(data)
        elif is_folder:
            data.mkdir()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(data)
    return data


def _rescue(folder: Path, release: str, record: dict[str, Any]) -> None:
    try:
        who = commands.identity(record.get("service", ""), record.get("run_as"))
    except RunAsRefused as refused:
        logger.warning("kept_files_not_rescued", release=release, reason=refused.detail)
        return
    with commands.acting(who):
        for path, data in record["links"].items():
            place = folder / "app" / path
            if place.is_symlink() or not place.is_file():
                continue
            saved = Path(f"{data}.replaced-by-{release}")
            shutil.copyfile(place, saved)
            logger.warning("kept_file_was_replaced", path=path, saved=str(saved))


def _discard(folder: Path) -> None:
    (folder / queries.SITE_RECORD).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time works on a folder; the lock ends with the process."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
