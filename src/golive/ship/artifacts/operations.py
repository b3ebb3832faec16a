"""Fetch revisions and build artifacts."""

from pathlib import Path

from golive.kernel.problems import Problem
from golive.ship.artifacts.domain import Artifact, Commit
from golive.ship.services.domain.manifest import Manifest


class BuildFailed(Problem):
    """The build did not succeed; the facts have `log` (path) and `tail` (last lines)."""

    slug = "build-failed"
    title = "The build failed"
    status = 422


def fetch(*, service: str, repository: str, revision: str) -> Commit:
    """Bring `revision` (branch, tag or hash) of `repository` into the mirror and return it. Raises FetchFailed."""
    raise NotImplementedError


def build(*, service: str, revision: str, manifest: Manifest, log: Path) -> Artifact:
    """Return the artifact of a fetched revision, building it unless it exists; its output goes to `log`.

    Two callers that want the same digest build it once. Killed midway, it is built anew. Raises BuildFailed.
    """
    raise NotImplementedError
