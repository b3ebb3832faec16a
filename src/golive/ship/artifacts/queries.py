"""Read revisions and artifacts."""

from golive.ship.artifacts.domain import Artifact, Commit


def file_at(service: str, revision: str, path: str) -> str | None:
    """Return a text file of a fetched revision, None when it has no such file."""
    raise NotImplementedError


def commit(service: str, revision: str) -> Commit:
    """Return a fetched revision. Raises NotFound."""
    raise NotImplementedError


def commits_between(service: str, old_revision: str, new_revision: str) -> list[Commit]:
    """Return what `new_revision` has and `old_revision` has not, newest first, at most 200."""
    raise NotImplementedError


def artifact(digest: str) -> Artifact:
    """Return a finished artifact. Raises NotFound when it was pruned or never built."""
    raise NotImplementedError
