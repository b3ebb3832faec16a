"""Replicas of real tiny apps, kept by the real keeper."""

import json
import os
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from golive.adapters.keeper import Keepers
from golive.kernel.config import settings
from golive.kernel.ports import bound, the
from golive.ship.artifacts import operations as artifacts
from golive.ship.releases.workflows.local import LocalTarget
from golive.ship.replicas import operations, queries
from golive.ship.replicas.domain import FaultKind, ReleaseRef
from golive.ship.replicas.operations import BootFailed, sites
from golive.ship.replicas.operations.sites import SiteFailed
from golive.ship.replicas.ports import ProcessKeeper
from golive.ship.services.queries import SecretMissing
from tests.capability.ship.conftest import keep_secrets, manifest
from tests.support import wait_for

APP = """
import http.server, json, os, pathlib, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/write":
            pathlib.Path("media/upload.txt").write_text("kept")
            pathlib.Path("stray.txt").write_text("lost")
        while pathlib.Path("hangs").exists():
            time.sleep(0.05)
        body = json.dumps(dict(os.environ) | {"CWD": os.getcwd()}).encode()
        self.send_response(500 if pathlib.Path("sick").exists() else 200)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
print("serving", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ[os.environ.get("PORT_NAME", "PORT")])), Handler).serve_forever()
"""
WEB = '[processes.web]\ncommand = "python app.py"\nreplicas = 2\n[health]\nready = "/ready"\ntimeout = "10s"\n'


@pytest.fixture
def keeper(tools):
    keepers = Keepers(tools / "run", tools / "logs")
    with bound(ProcessKeeper, keepers):
        yield keepers
        for state in keepers.list():
            keepers.forget(state.id)


@pytest.fixture
def build(keeper, origin, tmp_path):
    def make(plan, files=None):
        revision = origin.commit({"app.py": APP, **(files or {})})
        artifacts.fetch(service="shop", repository=str(origin.path), revision="main")
        return artifacts.build(service="shop", revision=revision, manifest=plan, log=tmp_path / "log")

    return make


def release(number: int = 1) -> ReleaseRef:
    return ReleaseRef(f"rel_{number}", f"1.{number}", "shop")


def get(port: int, path: str = "/") -> dict[str, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return json.load(answer)


def test_a_release_boots_with_its_environment(build, home):
    plan = manifest(
        'keep = ["media/"]\n' + WEB + '[environments.staging]\nreplicas = 2\nsecret = ["API_KEY"]\n'
        '[environments.staging.env]\nCOLOUR = "green"\n'
    )
    keep_secrets(home, "staging", "API_KEY='s3cret'\nOTHER=unseen\n")
    (home / "run/store.json").write_text(
        json.dumps({"otlp_url": "http://127.0.0.1:4318", "token_file": str(home / "ingest.key")})
    )
    (home / "ingest.key").write_text("to ken")
    booted = operations.boot(release=release(), environment="staging", artifact=build(plan), manifest=plan)
    assert [r.id for r in booted] == ["rel_1-staging-web-1", "rel_1-staging-web-2"]
    assert len({r.port for r in booted}) == 2
    env = get(booted[0].port)
    assert (env["PORT"], env["HOST"], env["COLOUR"], env["API_KEY"]) == (
        str(booted[0].port),
        "127.0.0.1",
        "green",
        "s3cret",
    )
    assert "OTHER" not in env
    assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:4318"
    assert env["OTEL_EXPORTER_OTLP_HEADERS"] == "authorization=Bearer%20to%20ken"
    assert env["OTEL_LOGS_EXPORTER"] == "none", "what a process prints is read: its lines would count twice"
    assert (
        "service.version=1.1,service.instance.id=rel_1-staging-web-1,golive.release=rel_1"
        in (env["OTEL_RESOURCE_ATTRIBUTES"])
    )
    assert queries.faults("rel_1", "staging") == []
    again = operations.boot(release=release(), environment="staging", artifact=build(plan), manifest=plan)
    assert again == booted
    operations.stop(release="rel_1", environment="staging", grace_s=2)
    assert queries.running("rel_1", "staging") == []
    assert not queries.site_folder("rel_1", "staging").exists()


def test_kept_data_outlives_releases_and_stray_writes_show(build, home):
    plan = manifest('keep = ["media/"]\n' + WEB)
    first = operations.boot(release=release(1), environment="staging", artifact=build(plan), manifest=plan)
    get(first[0].port, "/write")
    assert LocalTarget().written_elsewhere("rel_1", "staging") == ["stray.txt"]
    operations.stop(release="rel_1", environment="staging", grace_s=2)
    second = build(plan, {"new.txt": "second"})
    operations.boot(release=release(2), environment="staging", artifact=second, manifest=plan)
    assert (queries.site_folder("rel_2", "staging") / "app/media/upload.txt").read_text() == "kept"
    assert not (queries.site_folder("rel_2", "staging") / "app/stray.txt").exists()
    assert (home / "data/shop/staging/media/upload.txt").read_text() == "kept"
    assert not (second.path / "media").exists()


def test_what_the_repository_has_at_a_kept_path_is_the_first_content(build, home):
    plan = manifest('keep = ["db.sqlite3", "media"]\n' + WEB)
    made = build(plan, {"db.sqlite3": "seed", "media/logo.svg": "logo"})
    sites.lay(release(1), "staging", made, plan)
    (home / "data/shop/staging/db.sqlite3").write_text("grown")
    app = sites.lay(release(2), "staging", made, plan)
    assert (app / "db.sqlite3").read_text() == "grown"
    assert (app / "media/logo.svg").read_text() == "logo"
    assert (made.path / "db.sqlite3").read_text() == "seed"


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("python -c 'import nothing_here'", "missing in the artifact"),
        ("python -c 'raise SystemExit(3)'", "ends by itself"),
        ("FAR=$((PORT + 1)) PORT_NAME=FAR exec python app.py", "process.env.PORT"),
        ("sleep 60", "listens nowhere"),
    ],
)
def test_an_app_that_never_gets_ready_fails_with_the_next_step(build, command, hint):
    plan = manifest(f'[processes.web]\ncommand = {json.dumps(command)}\n[health]\nready = "/"\ntimeout = "7s"\n')
    with pytest.raises(BootFailed) as failed:
        operations.boot(release=release(), environment="staging", artifact=build(plan), manifest=plan)
    assert hint in failed.value.hint
    assert the(ProcessKeeper).list() == ()


def test_what_a_crashing_app_says_of_its_secrets_is_not_told(build, home):
    plan = manifest(
        "[processes.web]\ncommand = 'env; echo \"cannot log in with $API_KEY at $SHOP_DB\"; exit 3'\n"
        '[health]\nready = "/"\ntimeout = "7s"\n[environments.staging]\nsecret = ["API_KEY", "SHOP_DB"]\n'
    )
    keep_secrets(home, "staging", "API_KEY=TOPSECRET\nSHOP_DB=postgres://shop:sesame@db/shop\n")
    token = settings().secret("ingest")
    (home / "run/store.json").write_text(
        json.dumps({"otlp_url": "http://127.0.0.1:4318", "token_file": str(home / "ingest.key")})
    )
    with pytest.raises(BootFailed) as failed:
        operations.boot(release=release(), environment="staging", artifact=build(plan), manifest=plan)
    told = str(failed.value.as_json())
    assert "cannot log in with [secret API_KEY] at [secret SHOP_DB]" in told
    for value in ("TOPSECRET", "sesame", token):
        assert value not in told


def test_a_missing_or_open_secret_is_told_before_anything_starts(build, home):
    plan = manifest(WEB + '[environments.staging]\nsecret = ["API_KEY"]\n')
    made = build(plan)
    with pytest.raises(SecretMissing, match="lacks API_KEY"):
        operations.boot(release=release(), environment="staging", artifact=made, manifest=plan)
    keep_secrets(home, "staging", "API_KEY=x").chmod(0o644)
    with pytest.raises(SecretMissing, match="read by others"):
        operations.boot(release=release(), environment="staging", artifact=made, manifest=plan)


def test_faults_are_found_and_the_lost_are_started_on_their_ports(build, keeper):
    plan = manifest(WEB)
    made = build(plan)
    booted = operations.boot(release=release(), environment="staging", artifact=made, manifest=plan)
    sick = queries.site_folder("rel_1", "staging") / "app/sick"
    sick.touch()
    assert {f.kind for f in queries.faults("rel_1", "staging")} == {FaultKind.READINESS_LOST}
    sick.unlink()
    state = keeper.state(booted[0].id)
    os.kill(state.keeper_pid, 9)
    wait_for(lambda: not keeper.state(booted[0].id).alive, what="the end of the keeper")
    faults = queries.faults("rel_1", "staging")
    assert [(f.kind, f.replica) for f in faults] == [(FaultKind.GONE, booted[0].id)]
    ensured = operations.ensure(release=release(), environment="staging", artifact=made, manifest=plan)
    assert ensured == booted
    wait_for(lambda: not queries.faults("rel_1", "staging"), what="health")


def test_who_takes_long_to_say_that_it_is_ready_holds_nobody_up(build):
    plan = manifest(WEB)
    operations.boot(release=release(), environment="staging", artifact=build(plan), manifest=plan)
    hangs = queries.site_folder("rel_1", "staging") / "app/hangs"
    hangs.touch()

    def now():
        return [fault.kind for fault in queries.faults("rel_1", "staging", at_once=True)]

    assert now() == [], "not waited for: after six seconds both would be known to hang"
    wait_for(lambda: now() == [FaultKind.READINESS_LOST] * 2, what="both replicas to be known to hang")
    assert now() == [FaultKind.READINESS_LOST] * 2, "while they are asked anew"
    hangs.unlink()
    wait_for(lambda: now() == [], what="their answers")


def test_only_one_releases_workers_run(build, keeper):
    plan = manifest(WEB + '[processes.worker]\ncommand = "sleep 600"\nreplicas = 2\n')
    made = build(plan)
    operations.boot(release=release(1), environment="staging", artifact=made, manifest=plan)
    assert len(queries.processes("rel_1", "staging")) == 2
    operations.start_workers(release=release(1), environment="staging", artifact=made, manifest=plan)
    assert len(queries.processes("rel_1", "staging")) == 4
    operations.start_workers(release=release(2), environment="staging", artifact=made, manifest=plan)
    assert len(queries.processes("rel_1", "staging")) == 2
    assert len(queries.running("rel_1", "staging")) == 2
    assert [s.labels["process"] for s in queries.processes("rel_2", "staging")] == ["worker"] * 2


def test_workers_that_died_or_were_stopped_with_golive_come_back_and_those_of_another_release_do_not(build, keeper):
    plan = manifest(WEB + '[processes.worker]\ncommand = "sleep 600"\nreplicas = 2\n')
    made = build(plan)
    for number in (1, 2):
        operations.boot(release=release(number), environment="staging", artifact=made, manifest=plan)
        operations.start_workers(release=release(number), environment="staging", artifact=made, manifest=plan)

    def workers(release_id: str) -> list[bool]:
        states = queries.processes(release_id, "staging")
        return [state.alive for state in states if state.labels["process"] == "worker"]

    os.kill(keeper.state("rel_2-staging-worker-1").keeper_pid, 9)
    keeper.stop("rel_2-staging-worker-2")
    wait_for(lambda: workers("rel_2") == [False, False], what="their end")
    for number in (1, 2):
        operations.ensure(release=release(number), environment="staging", artifact=made, manifest=plan)
    assert workers("rel_2") == [True, True]
    assert workers("rel_1") == []


def test_a_command_runs_with_the_data_and_environment_of_the_release(build, tmp_path):
    plan = manifest('keep = ["media/"]\n' + WEB)
    done = operations.run_once(
        release=release(),
        environment="staging",
        artifact=build(plan),
        manifest=plan,
        command="echo $GOLIVE_VERSION; touch media/made",
        log=tmp_path / "once.log",
        limit_s=20,
    )
    assert done.succeeded
    assert done.tail == "1.1"


def test_what_a_command_says_of_a_secret_is_not_told_even_where_its_line_is_cut(build, home, tmp_path):
    plan = manifest(WEB + '[environments.production]\nsecret = ["API_KEY"]\n')
    keep_secrets(home, "production", "API_KEY=TOPSECRET\n")
    done = operations.run_once(
        release=release(),
        environment="production",
        artifact=build(plan),
        manifest=plan,
        command=f"echo {'x' * 395}$API_KEY; echo refused: $API_KEY; exit 1",
        log=tmp_path / "once.log",
        limit_s=20,
    )
    assert done.tail.endswith("refused: [secret API_KEY]")
    assert "TOPS" not in done.tail
    assert "refused: TOPSECRET" in (tmp_path / "once.log").read_text()


def test_two_boots_at_once_are_one(build, keeper):
    plan = manifest(WEB)
    made = build(plan)

    def one(_: int):
        return operations.boot(release=release(), environment="staging", artifact=made, manifest=plan)

    with ThreadPoolExecutor(3) as pool:
        booted = list(pool.map(one, range(3)))
    assert booted[0] == booted[1] == booted[2]
    assert [state.restarts for state in keeper.list()] == [0, 0]
    assert get(booted[0][0].port)["PORT"] == str(booted[0][0].port)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")
def test_a_full_disk_at_boot_is_told_as_such(build, home):
    plan = manifest(WEB)
    made = build(plan, {"big.bin": "x" * 3_000_000})
    sites_folder = home / "run/sites"
    sites_folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(sites_folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        with pytest.raises(SiteFailed, match="disk is full"):
            operations.boot(release=release(), environment="staging", artifact=made, manifest=plan)
    finally:
        subprocess.run(["umount", str(sites_folder)], check=True)
