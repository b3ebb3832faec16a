"""PostgreSQL by psycopg and the server's own programs."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from golive.adapters.postgresql.programs import find_program, run_program
from golive.ship.databases.ports import DatabaseTrouble, Facts

CONNECT_S = 10
OURS = "golive_proof_"
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1, 2
"""


class PostgresServers:
    """PostgresTools; an address is a postgresql:// URL. `programs` are folders to look for pg_dump in, first."""

    def __init__(self, programs: tuple[str, ...] = ()) -> None:
        self._programs = programs

    def exists(self, address: str) -> bool:
        with _connect(address) as connection:
            return bool(connection.execute(_TABLES).fetchone())

    def back_up(self, address: str, destination: Path) -> Facts:
        with _connect(address) as connection:
            program = find_program("pg_dump", _major(connection), self._programs)
            # One exported snapshot for the counts and for the dump.
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            snapshot = str(_one(connection, "SELECT pg_export_snapshot()"))
            run_program(
                program,
                address,
                [
                    "--format=custom",
                    f"--snapshot={snapshot}",
                    f"--file={destination}",
                    "--no-password",
                    "--lock-wait-timeout=30s",
                ],
            )
            facts = _count(connection)
            connection.execute("ROLLBACK")
        return facts

    def prove(self, backup: Path, address: str, scratch: Path) -> Facts:  # noqa: ARG002  the port's signature
        name = OURS + secrets.token_hex(6)
        elsewhere = make_conninfo(address, dbname=name)
        with _connect(address) as connection:
            program = find_program("pg_restore", _major(connection), self._programs)
            try:
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
            except psycopg.errors.InsufficientPrivilege as error:
                raise DatabaseTrouble(
                    "The backup cannot be proven: the user may not create a scratch database.",
                    hint="Give the user the right: ALTER ROLE … CREATEDB.",
                ) from error
            try:
                run_program(program, elsewhere, [*_RESTORE, f"--dbname={name}", str(backup)])
                with _connect(elsewhere) as restored:
                    return _count(restored)
            finally:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def restore(self, backup: Path, address: str) -> None:
        with _connect(address) as connection:
            program = find_program("pg_restore", _major(connection), self._programs)
            name = str(_one(connection, "SELECT current_database()"))
        run_program(
            program,
            address,
            [*_RESTORE, "--clean", "--if-exists", "--single-transaction", f"--dbname={name}", str(backup)],
        )

    def files(self, address: str) -> list[Path]:  # noqa: ARG002  the port's signature
        return []

    def schema(self, address: str) -> str:
        with _connect(address) as connection:
            program = find_program("pg_dump", _major(connection), self._programs)
        text = run_program(program, address, ["--schema-only", "--no-owner", "--no-password"])
        # Lines of new versions that differ each time: \\restrict and \\unrestrict hold a random key.
        lines = [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict", "--"))]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


_RESTORE = ["--exit-on-error", "--no-owner", "--no-privileges", "--no-password"]


@contextmanager
def _connect(address: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=CONNECT_S) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise DatabaseTrouble(
            f"PostgreSQL: {str(error).strip().splitlines()[0][:300]}",
            hint="Check that the server runs and that the address of this environment is right.",
        ) from error
    except psycopg.Error as error:
        raise DatabaseTrouble(f"PostgreSQL: {str(error).strip().splitlines()[0][:300]}") from error


def _one(connection: psycopg.Connection[tuple[object, ...]], query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def _major(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    return connection.info.server_version // 10_000


def _count(connection: psycopg.Connection[tuple[object, ...]]) -> Facts:
    facts = {}
    for schema, table in connection.execute(_TABLES).fetchall():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(str(schema), str(table)))
        row = connection.execute(query).fetchone()
        facts[f"{schema}.{table}"] = int(str(row[0])) if row else 0
    return facts
