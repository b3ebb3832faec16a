"""SQLite by the standard library's module and its online backup API (sqlite.org/backup.html)."""

import errno
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from golive.ship.databases.ports import DatabaseTrouble, Facts

BUSY_S = 30.0
STEP_PAGES = 2000
JOURNALS = ("-wal", "-shm", "-journal")
RESTORE = (
    "Restore a backup: `golive backup list`, `golive maintenance on`, then `golive backup restore ID --force`. "
    "What is there now is kept beside it."
)


class SqliteFiles:
    """SqliteTools; an address is the path of the file."""

    def exists(self, address: str) -> bool:
        path = Path(address)
        return path.is_file() and path.stat().st_size > 0

    def back_up(self, address: str, destination: Path) -> Facts:
        destination.unlink(missing_ok=True)
        with _told(), closing(_open(address)) as source, closing(_open(destination)) as target:
            # A read transaction pins one snapshot for the counts and for the copy.
            source.execute("BEGIN")
            facts = _count(source)
            source.backup(target, pages=STEP_PAGES)
            source.rollback()
            # A file of its own, without a journal beside it.
            target.execute("PRAGMA journal_mode = DELETE")
        descriptor = os.open(destination, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return facts

    def prove(self, backup: Path, address: str, scratch: Path) -> Facts:  # noqa: ARG002  the port's signature
        copy = scratch / "restored.sqlite3"
        shutil.copyfile(backup, copy)
        with _told(), closing(_open(copy)) as restored:
            verdict = [row[0] for row in restored.execute("PRAGMA integrity_check(5)")]
            if verdict != ["ok"]:
                damage = "; ".join(map(str, verdict))[:300]
                raise DatabaseTrouble(f"The backup is damaged: {damage}.", hint=RESTORE, ruined=True)
            return _count(restored)

    def restore(self, backup: Path, address: str) -> None:
        """Write the backup into the database in place, which processes that have it open see at once.

        A file that is no database any more is replaced instead.
        """
        target = Path(address)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(_open(backup)) as source, closing(_open(target)) as place:
                source.backup(place)
        except sqlite3.OperationalError as error:
            raise DatabaseTrouble(f"SQLite: {error}.", hint="Stop what uses the database and try again.") from error
        except sqlite3.DatabaseError:
            _replace(backup, target)

    def files(self, address: str) -> list[Path]:
        return [path for suffix in ("", *JOURNALS) if (path := Path(f"{address}{suffix}")).is_file()]

    def schema(self, address: str) -> str:
        with _told(), closing(_open(address)) as source:
            rows = source.execute(
                "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY 1, 2, 3"
            ).fetchall()
        return hashlib.sha256(repr(rows).encode()).hexdigest()


def _open(path: str | Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)


def _count(connection: sqlite3.Connection) -> Facts:
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    facts = {}
    for (name,) in tables:
        quoted = name.replace('"', '""')
        try:
            facts[name] = connection.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0]  # noqa: S608  a quoted name
        except sqlite3.OperationalError:
            continue  # a virtual table whose module only the app has
    return facts


def _replace(backup: Path, target: Path) -> None:
    draft = target.with_name(f".{target.name}.restored")
    shutil.copyfile(backup, draft)
    for suffix in JOURNALS:
        Path(f"{target}{suffix}").unlink(missing_ok=True)
    draft.replace(target)


@contextmanager
def _told() -> Iterator[None]:
    """Turn SQLite's errors into words; a full disk stays an OSError's matter."""
    try:
        yield
    except sqlite3.Error as error:
        if "full" in str(error):
            raise OSError(errno.ENOSPC, str(error)) from error
        if type(error) is sqlite3.DatabaseError:  # its subclasses are other troubles than a damaged file
            raise DatabaseTrouble(f"SQLite: {error}.", hint=RESTORE, ruined=True) from error
        hint = "Stop what uses the database for long, then try again." if "locked" in str(error) else ""
        raise DatabaseTrouble(f"SQLite: {error}.", hint=hint) from error
