"""Backups, migrations and restores of a service's database, by real commands."""

import sqlite3
import threading
from pathlib import Path

import pytest

from golive.adapters.keeper import Keepers
from golive.adapters.postgresql import PostgresServers
from golive.adapters.sqlite import SqliteFiles
from golive.kernel.access.roles import GOLIVE
from golive.kernel.audit.models import Entry
from golive.kernel.ports import bound
from golive.ship.artifacts import operations as artifacts
from golive.ship.databases import operations, queries
from golive.ship.databases.models import Backup, Migration, MigrationState
from golive.ship.databases.operations import (
    BackupFailed,
    DatabaseBusy,
    MigrationFailed,
    RestoreRefused,
)
from golive.ship.databases.ports import DatabaseTrouble, PostgresTools, SqliteTools
from golive.ship.replicas import operations as replicas
from golive.ship.replicas.domain import ReleaseRef
from golive.ship.replicas.ports import ProcessKeeper
from golive.ship.services import operations as services
from tests.capability.ship.conftest import keep_secrets, manifest
from tests.support import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

MIGRATE = """
import pathlib, sqlite3, sys
database = sqlite3.connect("db.sqlite3")
for statement in pathlib.Path("schema.sql").read_text().split(";"):
    database.execute(statement)
    database.commit()
"""
TOML = """keep = ["db.sqlite3"]
[processes.web]
command = "python -m http.server $PORT --bind 127.0.0.1"
replicas = 1
[database]
migrate = "python migrate.py"
sqlite = "db.sqlite3"
keep_backups = 3
"""
PLACE = {"service": "shop", "environment": "production"}


@pytest.fixture
def plan():
    return manifest(TOML)


@pytest.fixture
def tools_and_keeper(tools):
    keepers = Keepers(tools / "run", tools / "logs")
    with bound(ProcessKeeper, keepers), bound(SqliteTools, SqliteFiles()):
        yield
        for state in keepers.list():
            keepers.forget(state.id)


@pytest.fixture
def build(tools_and_keeper, origin, plan, tmp_path):
    def make(schema: str):
        revision = origin.commit({"migrate.py": MIGRATE, "schema.sql": schema})
        artifacts.fetch(service="shop", repository=str(origin.path), revision="main")
        return artifacts.build(service="shop", revision=revision, manifest=plan, log=tmp_path / "log")

    return make


@pytest.fixture
def database(home):
    def execute(statement: str):
        connection = sqlite3.connect(home / "data/shop/production/db.sqlite3", isolation_level=None)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    return execute


def ref(number: int) -> ReleaseRef:
    return ReleaseRef(f"rel_{number}", f"1.{number}", "shop")


def migrate(number: int, artifact, plan, tmp_path: Path):
    return operations.migrate(
        release=ref(number),
        environment="production",
        artifact=artifact,
        manifest=plan,
        log=tmp_path / f"migrate{number}.log",
    )


def back_up(plan, reason="test"):
    return operations.back_up(**PLACE, manifest=plan, reason=reason)


def test_from_nothing_to_a_proven_backup(build, plan, database, tmp_path):
    artifact = build("CREATE TABLE sold (id integer)")
    assert back_up(plan) is None
    facts = migrate(1, artifact, plan, tmp_path)
    assert facts["ran"]
    assert facts["schema_changed"] is True
    database("INSERT INTO sold VALUES (1), (2)")
    made = back_up(plan, "before 1.2")
    assert made.facts == {"sold": 2}
    assert made.path.stat().st_mode & 0o077 == 0
    assert sqlite3.connect(made.path).execute("SELECT count(*) FROM sold").fetchone() == (2,)
    assert [p.name for p in made.path.parent.iterdir()] == [made.path.name]


def test_a_migration_runs_once_per_release(build, plan, tmp_path):
    artifact = build("CREATE TABLE sold (id integer)")
    first = migrate(1, artifact, plan, tmp_path)
    assert migrate(1, artifact, plan, tmp_path) == first
    assert migrate(2, build("SELECT 1"), plan, tmp_path)["schema_changed"] is False


def test_a_migration_that_fails_half_way_says_so_and_the_way_back(build, plan, database, tmp_path):
    migrate(1, build("CREATE TABLE sold (id integer)"), plan, tmp_path)
    database("INSERT INTO sold VALUES (1)")
    before = back_up(plan)
    with pytest.raises(MigrationFailed) as failed:
        migrate(
            2,
            build("ALTER TABLE sold ADD COLUMN price; ALTER TABLE nowhere ADD COLUMN x"),
            plan,
            tmp_path,
        )
    assert "changed part of the way" in failed.value.detail
    assert "no such table: nowhere" in failed.value.facts["tail"]
    assert before.id in failed.value.hint
    services.register(by=GOLIVE, manifest_text=f'service = "shop"\n{TOML}', repository="/srv/shop")
    restored = operations.restore(backup_id=before.id, by=GOLIVE)
    assert database("SELECT * FROM sold") == [(1,)]
    assert sqlite3.connect(restored.before.path).execute("SELECT price FROM sold").fetchall() == [(None,)]
    entry = Entry.objects.latest("pk")
    assert (entry.action, entry.subject) == ("backup.restored", "shop/production")


def test_two_migrations_at_once_are_one(build, plan, tmp_path):
    artifact = build("CREATE TABLE sold (id integer)")
    go, running = tmp_path / "go", tmp_path / "running"
    slow = manifest(
        TOML.replace(
            "python migrate.py", f"touch {running}; while [ ! -e {go} ]; do sleep 0.02; done; python migrate.py"
        )
    )
    results = []
    thread = threading.Thread(target=lambda: results.append(migrate(1, artifact, slow, tmp_path)))
    thread.start()
    try:
        wait_for(running.exists, what="the first migration")
        with pytest.raises(DatabaseBusy):
            migrate(2, artifact, slow, tmp_path)
    finally:
        go.touch()
        thread.join()
    assert results[0]["ran"]


def test_backups_are_kept_within_their_number(build, plan, home, tmp_path):
    migrate(1, build("CREATE TABLE sold (id integer)"), plan, tmp_path)
    made = [back_up(plan, f"number {n}") for n in range(5)]
    assert [row.id for row in queries.backups("shop", "production")] == [r.id for r in reversed(made[2:])]
    assert len(list((home / "backups/shop/production").iterdir())) == 3


def test_what_a_death_in_the_middle_of_a_backup_left_goes_with_the_next_one(build, plan, home, tmp_path):
    class Mortal(SqliteFiles):
        def prove(self, backup, address, scratch):
            (scratch / "half").write_text("half")
            raise KeyboardInterrupt

    migrate(1, build("CREATE TABLE sold (id integer)"), plan, tmp_path)
    folder = home / "backups/shop/production"
    with bound(SqliteTools, Mortal()), pytest.raises(KeyboardInterrupt):
        back_up(plan)
    (folder / "golive-prove-1").mkdir()
    (folder / "backup_of_another_life.sqlite3").write_text("kept")
    assert [path.suffix for path in folder.glob(".*")] == [".sqlite3"]
    made = back_up(plan)
    assert sorted(path.name for path in folder.iterdir()) == sorted([made.path.name, "backup_of_another_life.sqlite3"])


def test_a_restore_waits_until_nothing_runs(build, plan, database, tmp_path):
    artifact = build("CREATE TABLE sold (id integer)")
    migrate(1, artifact, plan, tmp_path)
    made = back_up(plan)
    services.register(by=GOLIVE, manifest_text=f'service = "shop"\n{TOML}', repository="/srv/shop")
    replicas.boot(release=ref(1), environment="production", artifact=artifact, manifest=plan)
    with pytest.raises(RestoreRefused, match="rel_1"):
        operations.restore(backup_id=made.id, by=GOLIVE)
    database("INSERT INTO sold VALUES (9)")
    operations.restore(backup_id=made.id, by=GOLIVE, force=True)
    assert database("SELECT * FROM sold") == []


@pytest.mark.parametrize("ruin", ["all of it", "a page"])
def test_a_ruined_database_is_set_aside_and_a_backup_takes_its_place(build, plan, database, home, tmp_path, ruin):
    migrate(1, build("CREATE TABLE sold (id integer)"), plan, tmp_path)
    database(
        "INSERT INTO sold WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 5000) SELECT x FROM n"
    )
    made = back_up(plan)
    services.register(by=GOLIVE, manifest_text=f'service = "shop"\n{TOML}', repository="/srv/shop")
    path = home / "data/shop/production/db.sqlite3"
    whole = path.read_bytes()
    rubbish = b"garbage" * 1000 if ruin == "all of it" else whole[:4096] + b"garbage" * 585 + b"g" + whole[8192:]
    path.write_bytes(rubbish)
    with pytest.raises(BackupFailed) as failed:
        back_up(plan)
    assert "golive backup restore" in failed.value.hint
    done = operations.restore(backup_id=made.id, by=GOLIVE)
    assert database("SELECT count(*) FROM sold") == [(5000,)]
    assert done.before is None
    assert (done.aside / "db.sqlite3").read_bytes() == rubbish
    assert Entry.objects.latest("pk").facts["aside"] == str(done.aside)
    assert [row.id for row in queries.backups("shop", "production")] == [made.id]


def test_a_migration_that_ruins_the_database_and_says_that_it_succeeded_has_failed(build, plan, home, tmp_path):
    artifact = build("CREATE TABLE sold (id integer)")
    migrate(1, artifact, plan, tmp_path)
    made = back_up(plan)
    breaks = manifest(TOML.replace("python migrate.py", "yes garbage | head -c 9000 > db.sqlite3"))
    with pytest.raises(MigrationFailed, match="could be read before, and cannot any more") as failed:
        migrate(2, artifact, breaks, tmp_path)
    assert f"golive backup restore {made.id}" in failed.value.hint
    assert Migration.objects.get(release="rel_2").state == MigrationState.FAILED


def test_a_database_that_is_only_locked_after_its_migration_is_not_called_ruined(build, plan, database, tmp_path):
    migrate(1, build("CREATE TABLE sold (id integer)"), plan, tmp_path)
    artifact = build("INSERT INTO sold VALUES (7)")
    asked = iter((False, True))

    class Busy(SqliteFiles):
        def schema(self, address):
            if next(asked):
                raise DatabaseTrouble("SQLite: database is locked")
            return super().schema(address)

    with bound(SqliteTools, Busy()):
        assert migrate(2, artifact, plan, tmp_path)["schema_changed"] is None
    assert database("SELECT * FROM sold") == [(7,)]


def test_a_database_that_could_not_be_read_before_does_not_stop_a_migration_that_repairs_it(
    build, plan, home, tmp_path
):
    artifact = build("CREATE TABLE sold (id integer)")
    migrate(1, artifact, plan, tmp_path)
    (home / "data/shop/production/db.sqlite3").write_bytes(b"garbage" * 1000)
    repairs = manifest(TOML.replace("python migrate.py", ": > db.sqlite3; python migrate.py"))
    assert migrate(2, artifact, repairs, tmp_path)["schema_changed"] is None


def test_a_failed_migration_says_that_rows_may_have_changed_where_the_schema_has_not(build, plan, database, tmp_path):
    migrate(1, build("CREATE TABLE sold (id integer)"), plan, tmp_path)
    with pytest.raises(MigrationFailed) as failed:
        migrate(2, build("INSERT INTO sold VALUES (7); ALTER TABLE nowhere ADD COLUMN x"), plan, tmp_path)
    assert database("SELECT * FROM sold") == [(7,)]
    assert "The schema is as it was before, but rows may have been changed." in failed.value.detail


def test_a_damaged_database_gives_no_backup(build, plan, home, tmp_path):
    migrate(1, build("CREATE TABLE sold (id integer)"), plan, tmp_path)
    (home / "data/shop/production/db.sqlite3").write_bytes(b"garbage" * 1000)
    with pytest.raises(BackupFailed, match="not a database"):
        back_up(plan)
    assert not Backup.objects.exists()
    assert list((home / "backups/shop/production").iterdir()) == []


def test_what_a_database_says_of_its_password_is_not_told(tools_and_keeper, home):
    keep_secrets(home, "production", "DATABASE_URL=postgres://shop:ses%me-open@127.0.0.1:1/shop\n")
    plan = manifest(
        '[processes.web]\ncommand = "true"\n[database]\nurl = "DATABASE_URL"\n'
        '[environments.production]\nsecret = ["DATABASE_URL"]\n'
    )
    with bound(PostgresTools, PostgresServers()), pytest.raises(BackupFailed, match=r"secret DATABASE_URL") as failed:
        back_up(plan)
    assert "me-open" not in str(failed.value.as_json())


def test_what_a_rollback_means(build, plan, tmp_path):
    def means(new: str, old: str) -> str:
        return queries.what_rollback_means("shop", "production", new, old)

    assert "knows of no migration" in means("rel_2", "rel_1")
    migrate(1, build("CREATE TABLE sold (id integer)"), plan, tmp_path)
    migrate(2, build("SELECT 2"), plan, tmp_path)
    assert "schema is the same" in means("rel_2", "rel_1")
    made = back_up(plan)
    migrate(3, build("ALTER TABLE sold ADD COLUMN price"), plan, tmp_path)
    assert "has changed the schema" in means("rel_3", "rel_2")
    assert made.id in means("rel_3", "rel_2")
    Migration.objects.filter(release="rel_3").update(state=MigrationState.STARTED, schema_after="")
    assert "may have changed" in means("rel_3", "rel_2")


def test_a_service_without_a_database_has_nothing_to_do(build, tmp_path):
    plain = manifest('[processes.web]\ncommand = "true"\n')
    assert back_up(plain) is None
    facts = migrate(1, build("SELECT 1"), plain, tmp_path)
    assert facts == {"ran": False, "seconds": 0.0, "schema_changed": False}
