"""Ports to the machinery of databases."""

from pathlib import Path
from typing import Protocol

from golive.kernel.problems import Problem

Facts = dict[str, int]


class DatabaseTrouble(Problem):
    """The database, or a tool for it, did not do what was asked; `detail` has its words, never a password.

    The fact `ruined` says that what stands there is damaged or no database any more: only a backup in its place helps.
    """

    slug = "database-trouble"
    title = "The database did not do that"
    status = 422


class DatabaseTools(Protocol):
    """What can be done with a database at an address (a path or a URL). All methods raise DatabaseTrouble and OSError."""

    def exists(self, address: str) -> bool:
        """Say whether there is a database with something in it."""
        ...

    def back_up(self, address: str, destination: Path) -> Facts:
        """Write a backup while the database is in use; returns rows by table as of that very snapshot."""
        ...

    def prove(self, backup: Path, address: str, scratch: Path) -> Facts:
        """Restore a backup in a scratch place, check it, remove it again; returns rows by table found there."""
        ...

    def restore(self, backup: Path, address: str) -> None:
        """Put a backup in place of what is there."""
        ...

    def files(self, address: str) -> list[Path]:
        """Return the files that it consists of now; none where a server has them."""
        ...

    def schema(self, address: str) -> str:
        """Return a hash of the schema that changes when the schema does."""
        ...


class SqliteTools(DatabaseTools, Protocol):
    """SQLite files."""


class PostgresTools(DatabaseTools, Protocol):
    """PostgreSQL servers."""
