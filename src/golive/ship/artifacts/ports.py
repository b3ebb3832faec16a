"""The port to the machinery that keeps copies of repositories."""

from pathlib import Path
from typing import Protocol

from golive.kernel.problems import Problem
from golive.ship.artifacts.domain import Commit


class FetchFailed(Problem):
    """The repository or the revision cannot be had; `detail` has git's words."""

    slug = "fetch-failed"
    title = "The revision could not be fetched"
    status = 422


class Repositories(Protocol):
    """Bare mirrors, one per service. Revisions are 40 or 64 hex digits unless `fetch` resolves them."""

    def fetch(self, service: str, repository: str, revision: str) -> str:
        """Bring the mirror up to date and return the full hash of a branch, tag, hash or HEAD. Raises FetchFailed."""
        ...

    def commit(self, service: str, revision: str) -> Commit | None:
        """Return a commit of the mirror, if it is there."""
        ...

    def commits(self, service: str, old: str | None, new: str, limit: int) -> list[Commit]:
        """Return the ancestors of `new` that `old` has not, newest first."""
        ...

    def authors(self, service: str, old: str, new: str) -> list[str]:
        """Return the mail addresses of who wrote the ancestors of `new` that `old` has not, co-authors too, however many.

        Of all ancestors where `old` is not known any more. Raises FetchFailed.
        """
        ...

    def read(self, service: str, revision: str, path: str) -> str | None:
        """Return a text file of at most 1 MB, if it is there."""
        ...

    def identity(self, service: str, revision: str, paths: tuple[str, ...] = ()) -> str:
        """Return the hash of the tree, or of the named files and folders of it (missing ones count as missing)."""
        ...

    def check_out(self, service: str, revision: str, destination: Path) -> None:
        """Write the tree of a revision, without history, into an empty folder. Raises FetchFailed, OSError."""
        ...
