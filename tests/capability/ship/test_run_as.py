"""`run_as`: what a service runs is another user's, who reaches its own things and none of golive's."""

import json
import os
import pwd
import shutil
import sqlite3
import sys
import tempfile
import urllib.request
from pathlib import Path

import pytest

from golive.adapters.command.users import SystemUsers
from golive.adapters.keeper import Keepers
from golive.adapters.sqlite import SqliteFiles
from golive.kernel.access.roles import GOLIVE
from golive.kernel.config import settings
from golive.kernel.ports import bound
from golive.runtime import terminal
from golive.ship.artifacts import operations as artifacts
from golive.ship.commands import operations as commands
from golive.ship.commands.ports import RunAsRefused, Users
from golive.ship.databases import operations as databases
from golive.ship.databases.ports import SqliteTools
from golive.ship.gates import operations as gates
from golive.ship.gates import queries as gate_runs
from golive.ship.replicas import operations as replicas
from golive.ship.replicas.domain import ReleaseRef
from golive.ship.replicas.operations import BootFailed, sites
from golive.ship.replicas.ports import ProcessKeeper
from golive.ship.services import operations as services
from tests.capability.ship.conftest import manifest

USER = "nobody"
HAS_PYTHON = Path("/usr/bin/python3").exists()  # one that is not in a closed folder
as_root = pytest.mark.skipif(
    os.geteuid() != 0 or sys.platform != "linux" or not HAS_PYTHON,
    reason="only root on Linux may become somebody else, who needs a Python of the system",
)
APP = """
import http.server, json, os, pathlib, sys
home = pathlib.Path(sys.argv[1])
def tried(what):
    try:
        what()
        return "done"
    except OSError as error:
        return type(error).__name__
def status(name):
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith(name))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("media/visits", "a") as visits:
            visits.write("x")
        known = pathlib.Path.cwd().parent.parent
        facts = {
            "uid": os.getuid(), "gid": os.getgid(), "groups": os.getgroups(), "home": os.environ["HOME"],
            "no_new_privs": status("NoNewPrivs"), "capabilities": int(status("CapEff"), 16),
            "visits": pathlib.Path("media/visits").read_text(),
            "scratch": tried(lambda: pathlib.Path("scratch").write_text("mine")),
            "artifact": tried(lambda: pathlib.Path(".venv/new").write_text("mine")),
            "reads": tried(lambda: pathlib.Path(".venv/built").read_text()),
            "state": tried(lambda: (home / "state.sqlite3").read_bytes()),
            "key": tried(lambda: (home / "secret.key").read_bytes()),
            "lists": [tried(lambda: os.listdir(one)) for one in (home, home / "run", home / "data", home / "artifacts", known)],
            "lock": tried(lambda: open(str(pathlib.Path.cwd().parent) + ".lock")),
        }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(facts).encode())
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
TOML = """
run_as = "nobody"
keep = ["media/", "db/", "seed.txt"]
[build]
commands = ["mkdir .venv && id -un > .venv/built && touch $HOME/cached"]
[processes.web]
command = "/usr/bin/python3 app.py {home}"
replicas = 1
[health]
ready = "/"
[database]
migrate = "/usr/bin/python3 migrate.py"
sqlite = "db/shop.sqlite3"
[[gates]]
name = "who"
command = "id -un > report.txt && test $(cat report.txt) = nobody && ! touch app.py/../.venv/new"
"""
MIGRATE = """
import sqlite3
database = sqlite3.connect("db/shop.sqlite3")
database.execute("PRAGMA journal_mode = WAL")
database.execute("CREATE TABLE IF NOT EXISTS sold (name TEXT)")
database.execute("INSERT INTO sold VALUES ('apples')")
database.commit()
"""


@pytest.fixture
def home(monkeypatch):
    """A home that others can reach, which the folders of tests are not."""
    place = Path(tempfile.mkdtemp(prefix="golive-run-as-"))
    place.chmod(0o711)
    before, umask = settings().home, os.umask(0o022)
    object.__setattr__(settings(), "home", place / "home")
    settings().prepare()
    (place / "home/state.sqlite3").write_text("state")
    settings().secret()
    yield place / "home"
    object.__setattr__(settings(), "home", before)
    os.umask(umask)
    shutil.rmtree(place)


@pytest.fixture
def world(tools):
    keepers = Keepers(tools / "run", tools / "logs")
    users = SystemUsers(tools, tools=tools / "run" / "commands" / "tools")
    with bound(ProcessKeeper, keepers), bound(SqliteTools, SqliteFiles()), bound(Users, users):
        yield tools
        for state in keepers.list():
            keepers.forget(state.id)


@pytest.fixture
def plan(home):
    return manifest(TOML.format(home=home))


@pytest.fixture
def build(world, origin, plan, tmp_path):
    def make(**files):
        revision = origin.commit({"app.py": APP, "migrate.py": MIGRATE, "seed.txt": "seed", **files})
        artifacts.fetch(service="shop", repository=str(origin.path), revision="main")
        return artifacts.build(service="shop", revision=revision, manifest=plan, log=tmp_path / "log")

    return make


def boot(number, artifact, plan):
    release = ReleaseRef(f"rel_{number}", f"1.{number}", "shop")
    found = replicas.boot(release=release, environment="production", artifact=artifact, manifest=plan)
    with urllib.request.urlopen(f"http://127.0.0.1:{found[0].port}/", timeout=5) as answer:
        return json.load(answer)


@as_root
def test_the_app_is_that_user_and_reaches_its_own_things_alone(build, plan, home):
    artifact, user = build(), pwd.getpwnam(USER)
    first = boot(1, artifact, plan)
    assert (first["uid"], first["gid"]) == (user.pw_uid, user.pw_gid)
    assert set(first["groups"]) <= set(os.getgrouplist(USER, user.pw_gid))
    assert (first["no_new_privs"], first["capabilities"]) == ("1", 0)
    assert (first["scratch"], first["reads"]) == ("done", "done")
    assert (first["artifact"], first["state"], first["key"]) == ("PermissionError",) * 3
    assert (first["lists"], first["lock"]) == (["PermissionError"] * 5, "PermissionError")
    private = Path(first["home"]).stat()
    assert (private.st_uid, private.st_mode & 0o777) == (user.pw_uid, 0o700)
    assert (Path(first["home"]) / "cached").exists()
    assert (artifact.path / ".venv/built").read_text() == "nobody\n"
    assert {path.stat().st_uid for path in [artifact.path, *artifact.path.rglob("*")]} == {0}
    assert (home / "logs/rel_1-production-web-1/out.log").stat().st_uid == 0

    second = boot(2, build(**{"new.txt": "new"}), plan)
    assert second["visits"].startswith(first["visits"] + "x")
    kept = home / "data/shop/production"
    assert {path.stat().st_uid for path in [kept, *kept.rglob("*")]} == {user.pw_uid}


@as_root
@pytest.mark.django_db(transaction=True)
def test_gates_migrations_backups_and_commands_are_that_users(build, plan, home, tmp_path, capfd):
    artifact, user = build(), pwd.getpwnam(USER)
    text = 'service = "shop"\n' + TOML.format(home=home)
    services.register(by=GOLIVE, manifest_text=text, repository="/srv/shop")
    report = gates.run_all(release="rel_1", service="shop", artifact=artifact, manifest=plan)
    assert report.passed, [run.why for run in gate_runs.runs("rel_1")]

    here = {"environment": "production", "artifact": artifact, "manifest": plan}
    release = ReleaseRef("rel_1", "1.1", "shop")
    databases.migrate(release=release, log=tmp_path / "migrate.log", **here)
    place = {"service": "shop", "environment": "production"}
    made = databases.back_up(**place, manifest=plan, reason="test")
    assert (made.facts, made.path.stat().st_uid) == ({"sold": 1}, 0)
    database = home / "data/shop/production/db/shop.sqlite3"
    database.write_bytes(b"broken")
    aside = databases.restore(backup_id=made.id, by=GOLIVE).aside
    assert ((aside / database.name).read_bytes(), aside.stat().st_uid) == (b"broken", 0)
    assert sqlite3.connect(database).execute("SELECT name FROM sold").fetchall() == [("apples",)]
    assert {path.stat().st_uid for path in database.parent.iterdir()} == {user.pw_uid}

    done = replicas.run_once(
        release=release,
        command="grep NoNewPrivs /proc/self/status; id -un; echo more >> db/list",
        log=tmp_path / "log",
        limit_s=20,
        **here,
    )
    assert (done.succeeded, done.tail) == (True, "NoNewPrivs:\t1\nnobody")
    assert terminal.attach(["id", "-un"], *replicas.surroundings(release=release, **here)) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "nobody"


@as_root
def test_links_of_a_service_lead_golive_nowhere_the_user_could_not_go(build, plan, home, origin):
    (origin.path / "media").symlink_to(home / "edge")
    (origin.path / "seed.txt").symlink_to(home / "secret.key")
    (home / "edge/private").write_text("hush")
    revision = origin.commit({"app.py": APP})
    artifacts.fetch(service="shop", repository=str(origin.path), revision="main")
    artifact = artifacts.build(service="shop", revision=revision, manifest=plan, log=home / "log")
    with pytest.raises((sites.SiteFailed, BootFailed)):
        boot(1, artifact, plan)
    kept = home / "data/shop/production"
    assert [path for path in kept.rglob("*") if path.is_file()] == []
    assert (home / "secret.key").stat().st_uid == 0


@as_root
@pytest.mark.django_db(transaction=True)
def test_data_of_before_is_handed_over_once_and_never_taken_from_another_user(build, plan, home):
    data = home / "data/shop/production/media"
    data.mkdir(parents=True)
    (data / "visits").write_text("old")
    database = data.with_name("db") / "shop.sqlite3"
    database.parent.mkdir()
    with sqlite3.connect(database) as before:
        before.execute("CREATE TABLE sold (name TEXT)")
    place = {"service": "shop", "environment": "production"}
    assert databases.back_up(**place, manifest=plan, reason="before").facts == {"sold": 0}
    artifact = build()
    assert boot(1, artifact, plan)["visits"].startswith("oldx")
    os.chown(data.parent, 1, 1)
    with pytest.raises(RunAsRefused, match="belongs to") as refused:
        boot(2, artifact, plan)
    assert "chown -R nobody" in refused.value.hint


@as_root
def test_a_home_that_the_user_cannot_reach_is_named(world, home):
    home.parent.chmod(0o700)
    with pytest.raises(RunAsRefused, match=f"closed to {USER}") as refused:
        commands.identity("shop", USER)
    assert f"chmod o+x {home.parent}" in refused.value.hint


def test_unknown_users_and_root_are_refused(world):
    with pytest.raises(RunAsRefused, match="no user nobody-at-all") as refused:
        commands.identity("shop", "nobody-at-all")
    assert "useradd" in refused.value.hint
    with pytest.raises(RunAsRefused, match="root"):
        commands.identity("shop", "root")


def test_who_is_not_root_may_only_be_itself(world, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: pwd.getpwnam(USER).pw_uid)
    assert commands.identity("shop", USER) is None
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    with pytest.raises(RunAsRefused, match="only root") as refused:
        commands.identity("shop", USER)
    assert "run_as" in refused.value.hint


@as_root
def test_a_thread_that_acts_as_the_user_is_golive_again_afterwards(world, home):
    who = commands.identity("shop", USER)
    groups = os.getgroups()
    with commands.acting(who), pytest.raises(PermissionError):
        (home / "secret.key").read_text()
    assert (home / "secret.key").read_text()
    assert os.getgroups() == groups
