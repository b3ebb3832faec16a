"""Fetch revisions and build artifacts.

An artifact is built where it will stay, since virtual environments hold absolute paths: `<digest>/app` is the tree,
`<digest>/artifact.json` is written last. A folder without that record was cut off and is built anew.
"""

import errno
import json
import os
import shutil
import stat
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from golive.kernel import clock
from golive.kernel.config import settings
from golive.kernel.files import replace_file
from golive.kernel.log import get_logger
from golive.kernel.ports import the
from golive.kernel.problems import Problem
from golive.ship.artifacts import queries
from golive.ship.artifacts.domain import Artifact, Commit, input_digest
from golive.ship.artifacts.ports import Repositories
from golive.ship.commands import operations as commands
from golive.ship.commands.domain import Command, Ending, Finished, Identity, Stop, Stopped, never
from golive.ship.commands.ports import CommandRunner, Users
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import Manifest

logger = get_logger(__name__)

BUILD_ENV = {
    "CI": "1",
    "UV_LINK_MODE": "copy",
    "UV_COMPILE_BYTECODE": "1",
    "UV_NO_PROGRESS": "1",
    "PIP_NO_INPUT": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "NPM_CONFIG_FUND": "false",
    "NPM_CONFIG_UPDATE_NOTIFIER": "false",
    "NO_UPDATE_NOTIFIER": "1",
}
KEPT_ARTIFACTS = 10
DEPENDENCIES = {".venv", "venv", "node_modules"}


class BuildFailed(Problem):
    """The build did not succeed; the facts have `log` (path) and `tail` (last lines)."""

    slug = "build-failed"
    title = "The build failed"
    status = 422


def fetch(*, service: str, repository: str, revision: str) -> Commit:
    """Bring `revision` (branch, tag or hash) of `repository` into the mirror and return it. Raises FetchFailed."""
    found = the(Repositories).fetch(service, repository, revision)
    return queries.commit(service, found)


def build(*, service: str, revision: str, manifest: Manifest, log: Path, stop: Stop = never) -> Artifact:
    """Return the artifact of a fetched revision, building it unless it exists; its output goes to `log`.

    Two callers that want the same digest build it once. Killed midway, it is built anew. Raises BuildFailed,
    RunAsRefused; Stopped when `stop` says so, then nothing of it is left.
    """
    runner = the(CommandRunner)
    who = commands.identity(service, manifest.run_as)
    digest = input_digest(
        tree=the(Repositories).identity(service, revision),
        commands=manifest.build.commands,
        env=manifest.build.env,
        toolchain=runner.toolchain(),
        run_as=who.name if who else None,
    )
    folder = settings().artifacts / digest
    log.parent.mkdir(parents=True, exist_ok=True)
    with commands.alone(_lock(folder), stop):
        finished = queries.read_record(folder)
        if finished is not None:
            os.utime(folder / queries.RECORD)
            return replace(finished, revision=revision)
        try:
            return _build(service, revision, manifest, folder, log, who, stop)
        except OSError as error:
            discard(folder)
            raise _disk_trouble(error, log) from error
        except (Problem, Stopped):
            discard(folder)
            raise


def prune(*, in_use: Collection[str], keep: int = KEPT_ARTIFACTS) -> list[str]:
    """Remove old artifacts but the `keep` used last and those whose digest is in use; return what went."""
    gone = []
    for artifact in queries.artifacts()[keep:]:
        if artifact.digest in in_use:
            continue
        folder = settings().artifacts / artifact.digest
        with commands.alone(_lock(folder)):
            discard(folder)
        gone.append(artifact.digest)
    if gone:
        logger.info("artifacts_pruned", count=len(gone))
    return gone


def forget_cut_off() -> None:
    """Remove what is left of builds that died with their process; what is being built now stays."""
    for folder in queries.unfinished():
        with suppress(Stopped), commands.alone(_lock(folder), stop=lambda: "it is being built"):
            if folder in queries.unfinished():
                discard(folder)


def discard(folder: Path) -> None:
    """Delete a folder, also a read-only one; its record goes first, so that half of it is never taken for whole."""
    (folder / queries.RECORD).unlink(missing_ok=True)
    # Root needs no permission, and a hostile service might put a link into its way.
    for root, folders, _ in os.walk(folder) if os.geteuid() else ():
        for name in folders:
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def copy_tree(source: Path, target: Path, *, without: frozenset[str] = frozenset()) -> None:
    """Copy the files below `source` so that they may be written, leaving out the relative paths `without`.

    Folders of dependencies (`.venv`, `node_modules`) become links to the ones of `source`. Raises OSError.
    """
    _copy(source, target, source, without)


def _copy(source: Path, target: Path, root: Path, without: frozenset[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    with os.scandir(source) as entries:
        for entry in entries:
            place = target / entry.name
            if str(Path(entry.path).relative_to(root)) in without:
                continue
            if entry.is_symlink():
                place.symlink_to(os.readlink(entry.path))
            elif entry.is_dir() and entry.name in DEPENDENCIES:
                place.symlink_to(entry.path)
            elif entry.is_dir():
                _copy(Path(entry.path), place, root, without)
            elif entry.is_file():
                shutil.copyfile(entry.path, place)
                place.chmod(stat.S_IMODE(entry.stat().st_mode) | 0o600)


def _build(
    service: str, revision: str, manifest: Manifest, folder: Path, log: Path, who: Identity | None, stop: Stop
) -> Artifact:
    started = clock.system.monotonic()
    discard(folder)
    app = folder / "app"
    app.mkdir(parents=True)
    the(Repositories).check_out(service, revision, app)
    commands.lend(app, who)
    _run_commands(manifest, revision, app, log, who, stop)
    if who:
        the(Users).seal(app, who)
    else:
        _make_read_only(app)
    seconds = round(clock.system.monotonic() - started, 3)
    artifact = Artifact(folder.name, app, revision, seconds, reused=False)
    facts = {"digest": folder.name, "revision": revision, "seconds": seconds, "service": service}
    replace_file(folder / queries.RECORD, json.dumps(facts), durable=True)
    logger.info("artifact_built", service=service, digest=folder.name[:12], seconds=seconds)
    return artifact


def _run_commands(manifest: Manifest, revision: str, app: Path, log: Path, who: Identity | None, stop: Stop) -> None:
    runner = the(CommandRunner)
    env = commands.environment(who) | BUILD_ENV | {"GOLIVE_REVISION": revision} | manifest.build.env
    run_as = who.name if who else None
    left, hide = manifest.build.timeout.total_seconds(), services.redaction(manifest.service)
    for line in manifest.build.commands:
        with log.open("a") as file:
            file.write(f"$ {line}\n")
        done = runner.run(Command(line, app, log, left, env, run_as=run_as, stop=stop, hide=hide))
        if done.ending is Ending.STOPPED:
            raise Stopped(done.reason)
        left = max(1.0, left - done.seconds)
        if not done.succeeded:
            raise _explain(line, done, log)


def _explain(line: str, done: Finished, log: Path) -> BuildFailed:
    hint = f"Read the whole log: {log}. Correct the command or the code, commit, deploy again."
    if "No space left on device" in done.tail + done.reason:
        hint = "The disk is full: free some space (old artifacts, backups, caches) and deploy again."
    elif "not found" in done.words:
        hint = "Install that program on this machine, or correct the command in [build]."
    elif "limit" in done.words:
        hint = "Raise `timeout` in [build] if it only needs longer."
    return BuildFailed(f"`{line}`: {done.words}.\n{done.tail}", hint=hint, log=str(log), tail=done.tail)


def _disk_trouble(error: OSError, log: Path) -> BuildFailed:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return BuildFailed(
        "The disk is full." if full else f"The artifact cannot be written: {error}.",
        hint="Free some space (old artifacts, backups, caches) and deploy again." if full else "",
        log=str(log),
        tail="",
    )


def _make_read_only(app: Path) -> None:
    for root, folders, files in os.walk(app):
        for name in files + folders:
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o555)
    app.chmod(0o555)


def _lock(folder: Path) -> Path:
    """Whoever builds or removes an artifact is alone in that."""
    return folder.with_suffix(".lock")
