"""Read revisions and artifacts."""

import json
import re
from pathlib import Path

from golive.kernel.config import settings
from golive.kernel.ports import the
from golive.kernel.problems import NotFound
from golive.ship.artifacts.domain import Artifact, Commit
from golive.ship.artifacts.ports import Repositories

RECORD = "artifact.json"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def file_at(service: str, revision: str, path: str) -> str | None:
    """Return a text file of a fetched revision, None when it has no such file."""
    return the(Repositories).read(service, revision, path)


def commit(service: str, revision: str) -> Commit:
    """Return a fetched revision. Raises NotFound."""
    found = the(Repositories).commit(service, revision)
    if found is None:
        raise NotFound(f"{service} has no commit {revision[:40]}.", hint="Deploy it to fetch it.")
    return found


def commits_between(service: str, old_revision: str, new_revision: str) -> list[Commit]:
    """Return what `new_revision` has and `old_revision` has not, newest first, at most 200."""
    return the(Repositories).commits(service, old_revision or None, new_revision, 200)


def authors_between(service: str, old_revision: str, new_revision: str) -> list[str]:
    """Return the mail addresses of all who wrote what `new_revision` has and `old_revision` has not. Raises FetchFailed."""
    return the(Repositories).authors(service, old_revision, new_revision)


def artifact(digest: str) -> Artifact:
    """Return a finished artifact. Raises NotFound when it was pruned or never built."""
    found = read_record(settings().artifacts / digest) if _DIGEST.fullmatch(digest) else None
    if found is None:
        raise NotFound(f"There is no artifact {digest[:12]}.", hint="Build the revision again; it is the same.")
    return found


def artifacts() -> list[Artifact]:
    """Return the finished artifacts of this machine, the one built last first."""
    folders = [folder for folder in settings().artifacts.iterdir() if _DIGEST.fullmatch(folder.name)]
    records = [(folder / RECORD, read_record(folder)) for folder in folders]
    done = [(path.stat().st_mtime, found) for path, found in records if found is not None]
    return [found for _, found in sorted(done, key=lambda pair: -pair[0])]


def unfinished() -> list[Path]:
    """Return the folders of artifacts that have no record: being built, or cut off. Raises OSError."""
    folders = [folder for folder in settings().artifacts.iterdir() if _DIGEST.fullmatch(folder.name)]
    return [folder for folder in folders if not _is_there(folder / RECORD)]


def _is_there(path: Path) -> bool:
    """Other troubles than its absence are raised: what cannot be looked at may be there."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def read_record(folder: Path) -> Artifact | None:
    """Return the artifact of a folder, None when its build was never finished."""
    try:
        facts = json.loads((folder / RECORD).read_text())
        return Artifact(
            digest=facts["digest"],
            path=folder / "app",
            revision=facts["revision"],
            seconds=facts["seconds"],
            reused=True,
        )
    except (OSError, ValueError, KeyError):
        return None
