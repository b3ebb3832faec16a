"""What goes wrong and who means harm, against a whole running golive: a clear word, nothing lost, users served."""

import gzip
import http.client
import json
import os
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.stand import QUICK, SERVING, Stand, kill, processes
from golive.cli.client import Refused
from tests.support import wait_for
from tests.support.receivers import HttpReceiver
from tools.lab import Lab, git, scratch_lab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SCRIPT = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"
NOISE = f"""
[processes.noise]
command = "while sleep 1; do echo 'ValueError: {SCRIPT}'; done"
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with scratch_lab("golive-abuse-", allow_private_webhooks="true") as running:
        yield running


@pytest.fixture(scope="module")
def shop(lab: Lab) -> Stand:
    return Stand(lab, "shop").open()


@pytest.fixture
def store(lab: Lab) -> dict[str, str]:
    """Where the store of this golive is, and what opens it."""
    found = json.loads((lab.home / "run" / "store.json").read_text())
    return {
        "otlp": found["otlp_url"],
        "sql": found["sql_url"],
        "token": Path(found["token_file"]).read_text().strip(),
        "viewer": Path(found["viewer_password_file"]).read_text().strip(),
    }


def pid_of(lab: Lab, part: str) -> int | None:
    return next(state.pid for state in processes(lab) if state.id == part)


def test_up_names_a_port_that_is_taken(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused = Lab(tmp_path / "lab", port=other.getsockname()[1]).cli("up", check=False)
    assert refused.returncode == 5
    assert "Address already in use" in refused.stderr
    assert "GOLIVE_PORT" in refused.stderr


def test_a_port_of_the_edge_that_is_taken_fails_that_release_alone(lab, shop):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        blocked = Stand(lab, "blocked", port=other.getsockname()[1])
        blocked.version("v1")
        lab.register(blocked.repository.path)
        end = blocked.wait(lab.deploy("blocked", "v1"), "FAILED_BEFORE_TRAFFIC")
    assert f"Port {blocked.port} is taken by another program" in end["sentence"]
    assert not blocked.replicas(end["id"])
    assert shop.ship("after-blocked")["state"] in SERVING


@pytest.mark.parametrize("token", ["nonsense", "x" * 10_000, "' OR 1=1 --"])
def test_a_wrong_token_is_refused(lab, token):
    answer = httpx.get(f"http://127.0.0.1:{lab.port}/api/v1/releases", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.json()["title"] == "Who are you?"


def test_expired_and_revoked_tokens_are_refused(lab):
    admin = lab.client()
    for spoil in ("expire", "revoke"):
        made = admin.post("/tokens", {"name": spoil, "days": 1})
        assert lab.client(made["token"]).get("/me")["role"] == "admin"
        if spoil == "revoke":
            admin.call("DELETE", f"/tokens/{made['id']}")
        else:
            with sqlite3.connect(lab.home / "state.sqlite3", timeout=20) as state:
                state.execute("UPDATE access_token SET expires_at = '2020-01-01' WHERE id = ?", (made["id"],))
        with pytest.raises(Refused) as refused:
            lab.client(made["token"]).get("/me")
        assert refused.value.facts.get("status", 401) == 401


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "service = ",
        'service = "../../etc"\n[processes.web]\ncommand = "x"\n',
        'service = "x"\nkeep = ["../../../etc/"]\n[processes.web]\ncommand = "x"\n',
        'service = "x"\nkeep = ["/etc/"]\n[processes.web]\ncommand = "x"\n',
        'service = "x"\n[processes.web]\ncommand = "a\\u0000b"\n',
        'service = "x"\n[processes.web]\ncommand = "x"\nreplicas = 1e99\n',
        'service = "x"\n[processes.web]\ncommand = "x"\n[environments.production]\nport = -1\n',
        'service = "x"\n[processes."$(id)"]\ncommand = "x"\n',
        'service = "x"\nx = ' + "[" * 20_000 + "]" * 20_000,
        'service = "x"\n' + "a.b = 1\n" * 20_000,
        "x" * 300_000,
    ],
    ids=["empty", "cut", "name", "keep-up", "keep-root", "nul", "huge", "port", "shell", "deep", "many", "large"],
)
def test_a_hostile_manifest_is_refused_in_words(lab, manifest):
    with pytest.raises(Refused) as refused:
        lab.client().post("/services", {"manifest": manifest, "repository": "/tmp"})
    assert refused.value.detail
    assert "Traceback" not in refused.value.detail
    assert pid_of(lab, "golive-control")


def test_garbage_for_the_store_is_refused_and_it_lives_on(lab, store):
    before = pid_of(lab, "golive-store")
    url, kind = f"{store['otlp']}/v1/traces", {"Content-Type": "application/x-protobuf"}
    allowed = kind | {"Authorization": f"Bearer {store['token']}"}
    bomb = gzip.compress(bytes(200 * 1024 * 1024), 9)
    for headers, body in (
        (kind, b""),
        (kind | {"Authorization": "Bearer wrong"}, b""),
        (allowed, os.urandom(100_000)),
        (allowed | {"Content-Encoding": "gzip"}, bomb),
        (allowed | {"Content-Encoding": "gzip"}, b"no gzip"),
        (allowed | {"Content-Type": "text/html"}, b"<html>"),
    ):
        assert 400 <= httpx.post(url, headers=headers, content=body, timeout=60).status_code < 500
    assert httpx.post(url, headers=allowed, content=b"").status_code == 200
    assert pid_of(lab, "golive-store") == before


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT * FROM executable('id', 'TSV', 'a String')",
        "SELECT 1 INTO OUTFILE '/tmp/golive-outfile'",
        "SELECT file('/etc/passwd')",
        "INSERT INTO FUNCTION file('/tmp/golive-outfile', 'TSV', 'a String') VALUES ('x')",
        "DROP TABLE logs",
        "SELECT 1; DROP TABLE logs",
        "CREATE TABLE mine ENGINE = File(TSV) AS SELECT 1",
    ],
)
def test_sql_of_a_viewer_reaches_no_file(store, sql):
    with httpx.Client(auth=("viewer", store["viewer"]), timeout=30) as viewer:
        assert viewer.post(store["sql"], content="SELECT 1").text == "1\n"
        answer = viewer.post(store["sql"], content=sql)
    assert (answer.status_code, answer.text[:8]) == (403, "Refused:")
    assert "root:" not in answer.text
    assert not Path("/tmp/golive-outfile").exists()


def test_a_corrupt_file_of_the_edge_hurts_nobody(lab, shop):
    routes = lab.home / "edge" / "xds" / f"rds-{shop.port}.json"
    files = sorted((lab.home / "edge" / "xds").glob("*.json"))
    assert files, routes
    with shop.users(rate=30) as users:
        wait_for(lambda: len(users.answers) > 30, what="users")
        for path in files:
            path.write_bytes(b'{"resources": [{"@type": "type.googl')
        mark = len(users.answers)
        wait_for(lambda: len(users.answers) > mark + 60, what="users on")
        wait_for(lambda: all(_is_json(path) for path in files), seconds=30, what="repair")
    assert users.failed == []
    for path in files:
        path.write_bytes(b"\x00\xff")
    kill(pid_of(lab, "golive-edge"))
    url = f"http://127.0.0.1:{shop.port}/"
    wait_for(lambda: _status(url) == 200, seconds=40, what="an edge that died with corrupt files")


def test_scripts_in_commits_logs_and_paths_are_shown_as_text(lab):
    stand = Stand(lab, "vandal", production=QUICK, extra=NOISE).open()
    root = stand.repository.path
    tag = stand.version("evil")
    git(root, "commit", "-q", "--amend", "-m", f"Fix {SCRIPT}")
    git(root, "tag", "-f", tag)
    release = lab.deploy("vandal", tag)
    stand.wait(release, *SERVING)
    assert _put_as_it_is(stand.port, f"/{SCRIPT}") in range(200, 500)
    with httpx.Client(base_url=f"http://127.0.0.1:{lab.port}", follow_redirects=True) as browser:
        link = lab.client().post("/people/{}/login-link".format(lab.client().get("/me")["email"]))
        browser.headers["Host"] = f"localhost:{lab.port}"
        secret = link["path"]
        page = browser.get(secret)
        token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        if token:
            browser.post(secret, data={"csrfmiddlewaretoken": token})
        shown = browser.get(f"/releases/{release}").text
        assert ESCAPED in shown
        pages = [shown]
        wait_for(
            lambda: ESCAPED in browser.get("/explore/logs?site=vandal/production").text,
            seconds=40,
            what="the log line on its page",
        )
        for path in (
            "/",
            "/releases",
            "/explore?site=vandal/production",
            "/explore/logs?site=vandal/production",
            "/audit",
            f"/explore/logs?site=vandal/production&q={SCRIPT}",
        ):
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert "script-src" not in answer.headers["content-security-policy"]
            pages.append(answer.text)
    assert not [page for page in pages if SCRIPT in page]


def test_a_webhook_receiver_that_hangs_costs_seconds(lab):
    receiver = HttpReceiver()
    receiver.mood = "hang"
    try:
        channel = lab.client().post(
            "/channels",
            {"name": "deaf", "kind": "webhook", "settings": {"url": receiver.url, "secret": "s3cr3t"}},
        )
        with pytest.raises(Refused) as refused:
            lab.client().post(f"/channels/{channel['id']}/test", {})
        assert str(refused.value.detail) == "127.0.0.1 did not answer in time."
        assert "s3cr3t" not in str(refused.value.detail)
        assert lab.client().get("/me")
    finally:
        receiver.closing.set()
        receiver.server.shutdown()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount the small disk")
def test_a_full_disk_is_said_and_users_are_served(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "none", disk], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    lab = Lab(disk / "lab")
    try:
        lab.up()
        stand = Stand(lab, "shop").open()
        stand.version("v2")
        url = f"http://127.0.0.1:{stand.port}/"
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(65536))
            except OSError:
                pass
        try:
            release = lab.deploy("shop", "v2")
            told = lab.wait_for_state(release, "FAILED_BEFORE_TRAFFIC", *SERVING, seconds=60)["sentence"]
        except Refused as refused:
            told = str(refused)
        assert "full" in told
        assert _status(url) == 200
        try:
            lab.client().post("/services/shop/production/maintenance", {"on": False})
        except Refused as refused:
            assert "full" in str(refused)  # noqa: PT017  it may as well find room
        ballast.unlink()
        wait_for(lambda: _ships(stand), seconds=90, what="a release once there is room again")
        assert _status(url) == 200
    finally:
        lab.down()
        subprocess.run(["umount", "-l", disk], check=True)


def _ships(stand: Stand) -> bool:
    return stand.wait(stand.lab.deploy("shop", "v2"), *SERVING, "SUPERSEDED", seconds=60)["state"] in SERVING


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except (ValueError, OSError):
        return False
    return True


def _put_as_it_is(port: int, path: str) -> int:
    """Send a path with characters that clients encode."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest("PUT", path)
        connection.putheader("Content-Length", "0")
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def _status(url: str) -> int:
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.TransportError:
        return 0
