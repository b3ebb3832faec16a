"""The mirrors: fetched as a whole, every fetched revision kept for ever by a ref of its own."""

import fcntl
import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from golive.adapters.git.program import GitError, git
from golive.ship.artifacts.domain import Commit
from golive.ship.artifacts.ports import FetchFailed

HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+@-]{0,199}")
LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # room for every time zone
FORMAT = "%H%x00%s%x00%an%x00%ae%x00%ct%x00%D%x00"
AUTHORS = "%ae%x00%(trailers:key=Co-authored-by,valueonly,separator=%x00)%x00"
ADDRESS = re.compile(r".*<([^<>]*)>.*")
FETCH_LIMIT_S = 600.0
LARGEST_FILE = 1_000_000


class GitMirrors:
    """Repositories in `<folder>/<service>.git`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self, service: str, repository: str, revision: str) -> str:
        if not REVISION.fullmatch(revision) or ".." in revision or "@{" in revision:
            raise FetchFailed(
                f"{revision[:80]!r} is no branch, tag or commit.",
                hint="Give the name of a branch or tag, or a commit hash.",
            )
        with self._locked(service) as mirror:
            try:
                self._update(mirror, repository, revision)
                found = self._resolve(mirror, revision)
                git("update-ref", f"refs/golive/kept/{found}", found, mirror=mirror)
                _tidy(mirror)
            except GitError as error:
                raise FetchFailed(
                    f"{repository}: {error}",
                    hint="Check that the repository can be read from this machine without a password prompt.",
                ) from error
        return found

    def commit(self, service: str, revision: str) -> Commit | None:
        found = self._log(service, "-1", revision) if HASH.fullmatch(revision) else []
        return found[0] if found else None

    def commits(self, service: str, old: str | None, new: str, limit: int) -> list[Commit]:
        if not HASH.fullmatch(new) or (old is not None and not HASH.fullmatch(old)):
            return []
        return self._log(service, f"-{limit}", new, *([f"^{old}"] if old else []))

    def authors(self, service: str, old: str, new: str) -> list[str]:
        mirror, commit = self._mirror(service), _hash(new)
        known = [f"^{old}"] if HASH.fullmatch(old) and self._has(mirror, old) else []
        try:
            raw = git("log", f"--format={AUTHORS}", commit, *known, "--", mirror=mirror)
        except GitError as error:
            raise FetchFailed(f"{commit}: {error}", hint="Deploy again to fetch it.") from error
        said = (text.strip() for text in raw.decode(errors="replace").split("\0"))
        return sorted({address.lower() for text in said if (address := ADDRESS.sub(r"\1", text))})

    def read(self, service: str, revision: str, path: str) -> str | None:
        blob = f"{_hash(revision)}:{path.lstrip('/')}"
        mirror = self._mirror(service)
        try:
            if int(git("cat-file", "-s", blob, mirror=mirror)) > LARGEST_FILE:
                return None
            return git("cat-file", "blob", blob, mirror=mirror).decode(errors="replace")
        except GitError:
            return None

    def identity(self, service: str, revision: str, paths: tuple[str, ...] = ()) -> str:
        mirror, commit = self._mirror(service), _hash(revision)
        try:
            if not paths:
                return git("rev-parse", "--verify", f"{commit}^{{tree}}", mirror=mirror).decode().strip()
            literal = [f":(literal){path.rstrip('/')}" for path in sorted(paths)]
            listing = git("ls-tree", "-r", "-z", "--full-tree", commit, mirror=mirror)
            chosen = _below(listing, tuple(path.rstrip("/") for path in paths))
        except GitError as error:
            raise FetchFailed(f"{commit}: {error}", hint="Deploy again to fetch it.") from error
        return hashlib.sha256(repr((literal, chosen)).encode()).hexdigest()

    def check_out(self, service: str, revision: str, destination: Path) -> None:
        mirror = self._mirror(service)
        destination.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="golive-index-") as scratch:
            index = Path(scratch) / "index"
            try:
                git("read-tree", _hash(revision), mirror=mirror, index=index)
                git(
                    f"--work-tree={destination}",
                    "checkout-index",
                    "--all",
                    "--force",
                    f"--prefix={destination}/",
                    mirror=mirror,
                    index=index,
                    limit_s=FETCH_LIMIT_S,
                )
            except GitError as error:
                raise FetchFailed(f"The revision cannot be written out: {error}") from error

    def _mirror(self, service: str) -> Path:
        return self._folder / f"{service}.git"

    @contextmanager
    def _locked(self, service: str) -> Iterator[Path]:
        """One fetch of a service at a time; the lock ends with its process."""
        self._folder.mkdir(parents=True, exist_ok=True)
        mirror = self._mirror(service)
        with (self._folder / f"{service}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (mirror / "HEAD").exists():
                git("init", "--quiet", "--bare", "--", str(mirror))
            yield mirror

    def _update(self, mirror: Path, repository: str, revision: str) -> None:
        wanted = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        if revision == "HEAD":
            wanted.append("+HEAD:refs/golive/head")
        base = [
            "fetch",
            "--quiet",
            "--prune",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--force",
            "--update-shallow",
        ]
        git(*base, "--", repository, *wanted, mirror=mirror, limit_s=FETCH_LIMIT_S)
        if HASH.fullmatch(revision) and not self._has(mirror, revision):
            git(
                *base,
                "--",
                repository,
                f"{revision}:refs/golive/kept/{revision}",
                mirror=mirror,
                limit_s=FETCH_LIMIT_S,
            )

    def _has(self, mirror: Path, name: str) -> bool:
        try:
            git(
                "rev-parse",
                "--quiet",
                "--verify",
                "--end-of-options",
                f"{name}^{{commit}}",
                mirror=mirror,
            )
        except GitError:
            return False
        return True

    def _resolve(self, mirror: Path, revision: str) -> str:
        if revision == "HEAD":
            candidates = ["refs/golive/head"]
        else:
            candidates = [f"refs/heads/{revision}", f"refs/tags/{revision}", revision]
        for name in candidates:
            if self._has(mirror, name):
                found = git("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}", mirror=mirror)
                return found.decode().strip()
        raise GitError(f"there is no branch, tag or commit {revision!r}")

    def _log(self, service: str, *arguments: str) -> list[Commit]:
        mirror = self._mirror(service)
        try:
            raw = git(
                "log",
                f"--format={FORMAT}",
                "--decorate-refs=refs/tags",
                *arguments,
                "--",
                mirror=mirror,
            )
        except GitError:
            return []
        fields = raw.decode(errors="replace").split("\0")
        return [_commit(*fields[at : at + 6]) for at in range(0, len(fields) - 6, 6)]


def _tidy(mirror: Path) -> None:
    """Pack what thousands of fetches leave, when git thinks that it is worth it; a failure only leaves it as it is."""
    ask = ("-c", "gc.auto=6700", "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet")
    with suppress(GitError):
        git(*ask, mirror=mirror, limit_s=FETCH_LIMIT_S)


def _commit(revision: str, subject: str, author: str, email: str, at: str, decoration: str) -> Commit:
    revision = revision.strip()
    tags = [part.removeprefix("tag: ") for part in decoration.split(", ") if part]
    return Commit(
        revision=revision,
        subject=subject[:500],
        author=author[:200],
        email=email[:254],
        at=_moment(at),
        version=tags[0].removeprefix("v") if tags else revision[:10],
    )


def _moment(seconds: str) -> datetime:
    """Anything may stand in a commit as its date; one that no calendar has is told as 1970, and hides nothing else."""
    with suppress(ValueError, OverflowError):
        at = datetime.fromtimestamp(int(seconds), UTC)
        if at < LATEST:
            return at
    return datetime.fromtimestamp(0, UTC)


def _hash(revision: str) -> str:
    if not HASH.fullmatch(revision):
        raise FetchFailed(f"{revision[:80]!r} is no full commit hash.")
    return revision


def _below(listing: bytes, paths: tuple[str, ...]) -> list[bytes]:
    """Return the entries (mode, hash, path) that are one of `paths` or inside one."""
    whole = {path.encode() for path in paths}
    folders = tuple(path + b"/" for path in whole)
    entries = [entry for entry in listing.split(b"\0") if entry]
    return [entry for entry in entries if (path := entry.partition(b"\t")[2]) in whole or path.startswith(folders)]
