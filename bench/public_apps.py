"""Public apps from the package indexes, shipped as their users would: init, deploy, write data, deploy twice more.

    python -m bench.public_apps [NAME ...] [--json FILE]

Each app gets a repository that only names and configures it, `golive init`, and the edits that are listed. A small load
asks for its front page all the while; `failed` counts 5xx, resets and answers later than 20 s. Times in seconds.
"""

import argparse
import io
import json
import re
import shutil
import struct
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx

from bench.machine import banner, machine
from bench.stand import Users
from tools.lab import Lab, free_port, git, scratch_lab, until

EMAIL, PASSWORD = "owner@example.com", "a-long-passphrase-41"
MOST_LINES = 25
SHORT = 'steps = [{ share = 50, at_least = "2s", at_most = "5s" }]\n'
UV = str(Path(sys.executable).with_name("uv"))
IGNORED = ".venv/\nnode_modules/\n__pycache__/\n"


class NotReachableError(Exception):
    """The package index does not answer."""


@dataclass(frozen=True)
class App:
    """A public app. `lay` writes the user's repository; `write` leaves data behind, `kept` looks whether it is there.

    `edits` are pairs (what golive init wrote, what its user makes of it); `production` are lines for that table.
    """

    name: str
    package: str
    version: str
    kind: str
    lay: Callable[[Path, int], None]
    write: Callable[[httpx.Client], None]
    kept: Callable[[httpx.Client], bool]
    front: str = "/"
    edits: tuple[tuple[str, str], ...] = ()
    production: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What became of one app; `failures` counts failed requests by status."""

    app: str
    version: str
    kind: str
    init_lines: int = 0
    edits: int = 0
    first_deploy_s: float = 0.0
    deploys: int = 0
    requests: int = 0
    failed: int = 0
    kept: bool = False
    failures: dict[str, int] = field(default_factory=dict)


def _files(**texts: str) -> Callable[[Path, int], None]:
    def lay(folder: Path, port: int) -> None:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{port}", str(port)))

    return lay


def _log_in(client: httpx.Client, path: str, **fields: str) -> None:
    _submit(client, path, fields)


def _submit(
    client: httpx.Client, path: str, fields: dict[str, str], files: dict[str, object] | None = None
) -> httpx.Response:
    """Send a form of a page as a browser does: with its token and its address as referer."""
    page = client.get(path)
    token = re.search(r"name=\"csrfmiddlewaretoken\" value=\"([^\"]+)\"", page.text)
    assert token, f"{path} has no form: {page.status_code} {page.text[:200]}"
    answer = client.post(
        path,
        data={"csrfmiddlewaretoken": token[1], **fields},
        files=files,
        headers={"Referer": str(page.url), "Origin": str(client.base_url).rstrip("/")},
    )
    assert answer.status_code < 400, f"{path}: {answer.status_code} {answer.text[:300]}"
    return answer


# json-server


def _json_post(client: httpx.Client) -> None:
    client.post("/posts", json={"title": "pears"}).raise_for_status()


def _json_kept(client: httpx.Client) -> bool:
    return "pears" in [one["title"] for one in client.get("/posts").json()]


# datasette, with its documented insert API


def _table_post(client: httpx.Client) -> None:
    client.post("/-/insert/data/trees?pk=id", json=[{"id": 1, "name": "elm"}]).raise_for_status()


def _table_kept(client: httpx.Client) -> bool:
    rows = client.get("/data/trees.json", params={"_shape": "array"}).json()
    return rows == [{"id": 1, "name": "elm"}]


# isso


def _comment(client: httpx.Client) -> None:
    origin = {"Origin": str(client.base_url).rstrip("/")}
    client.post(
        "/new", params={"uri": "/pears/"}, json={"text": "Sweet ones.", "title": "Pears"}, headers=origin
    ).raise_for_status()


def _comment_kept(client: httpx.Client) -> bool:
    answer = client.get("/", params={"uri": "/pears/"})
    return answer.status_code == 200 and "Sweet ones." in answer.text


# bugsink


def _lay_bugsink(folder: Path, port: int) -> None:
    (folder / "requirements.txt").write_text("bugsink==2.6.2\n")
    make = ["--from", "bugsink==2.6.2", "bugsink-create-conf", "--template=local"]
    _tool(folder, *make, "--host=127.0.0.1", f"--port={port}")
    with (folder / "bugsink_conf.py").open("a") as config:
        config.write('BUGSINK["PHONEHOME"] = False\n')


def _project(client: httpx.Client) -> None:
    _log_in(client, "/accounts/login/", username=EMAIL, password=PASSWORD)
    page = client.get("/projects/new/").text
    team = re.search(r'<option value="([0-9a-f-]{36})"', page)
    fields = {
        "name": "Pear orchard",
        "visibility": "99",
        "retention_max_event_count": "1000",
        "grouping_mechanism": "bugsink-v2",
    }
    _submit(client, "/projects/new/", {**fields, **({"team": team[1]} if team else {})})
    assert _project_kept(client), client.get("/projects/").text[:500]


def _project_kept(client: httpx.Client) -> bool:
    return "Pear orchard" in client.get("/projects/").text


# wagtail, from its own project template


def _lay_wagtail(folder: Path, _port: int) -> None:
    _tool(folder, "--from", "wagtail==7.0.*", "wagtail", "start", "orchard", ".")


def _upload(client: httpx.Client) -> None:
    _log_in(client, "/admin/login/", username="owner", password=PASSWORD)
    picture = {"file": ("pear.png", io.BytesIO(_png()), "image/png")}
    _submit(client, "/admin/images/add/", {"title": "A pear", "collection": "1"}, picture)
    assert _upload_kept(client), client.get("/admin/images/").text[-2000:]


def _upload_kept(client: httpx.Client) -> bool:
    listed = "A pear" in client.get("/admin/images/").text
    found = client.get("/media/original_images/pear.png")
    return listed and found.content == _png()


def _png() -> bytes:
    """Return a picture of 64 x 64 green dots."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    dots = zlib.compress((b"\0" + b"\x20\xa0\x20" * 64) * 64)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", dots) + chunk(b"IEND", b"")


def _tool(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [UV, "tool", "run", "--quiet", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise NotReachableError(done.stderr.strip()[-300:])


def _superuser(manage: str) -> str:
    """Return what makes the first user, and is content when there is one."""
    return f"({manage} createsuperuser --noinput || true)"


def _first_user(name: str) -> tuple[str]:
    who = {"USERNAME": name, "EMAIL": EMAIL, "PASSWORD": PASSWORD}
    values = ", ".join(f'DJANGO_SUPERUSER_{key} = "{value}"' for key, value in who.items())
    return (f"env = {{ {values} }}",)


NODE_PACKAGE = {
    "name": "orchard",
    "private": True,
    "scripts": {"start": "json-server --watch db.json"},
    "dependencies": {"json-server": "0.17.4"},
}
ISSO = "[general]\ndbpath = data/comments.db\nhost = http://127.0.0.1:{port}\n[server]\npublic-endpoint = http://127.0.0.1:{port}\n"
APPS = (
    App(
        "json-server",
        "json-server",
        "0.17.4",
        "Node",
        _files(**{"package.json": json.dumps(NODE_PACKAGE, indent=2), "db.json": '{"posts": []}\n'}),
        _json_post,
        _json_kept,
    ),
    App(
        "datasette",
        "datasette",
        "0.65.5",
        "ASGI, SQLite",
        _files(**{"requirements.txt": "datasette==0.65.5\ndatasette-insert\ndatasette-insert-unsafe\n"}),
        _table_post,
        _table_kept,
    ),
    App(
        "isso",
        "isso",
        "0.14.0",
        "WSGI, SQLite",
        _files(**{"requirements.txt": "isso==0.14.0\n", "isso.cfg": ISSO}),
        _comment,
        _comment_kept,
        front="/js/embed.min.js",
    ),
    App(
        "bugsink",
        "bugsink",
        "2.6.2",
        "Django, two SQLite files",
        _lay_bugsink,
        _project,
        _project_kept,
        front="/accounts/login/",
        edits=(("--database=snappea --noinput", f"--database=snappea --noinput && {_superuser('bugsink-manage')}"),),
        production=_first_user(EMAIL),
    ),
    App(
        "wagtail",
        "wagtail",
        "7.0",
        "Django, SQLite, uploads",
        _lay_wagtail,
        _upload,
        _upload_kept,
        edits=(("migrate --noinput", f"migrate --noinput && {_superuser('python manage.py')}"),),
        production=_first_user("owner"),
    ),
)


def reachable(app: App) -> None:
    """Ask the index for the app. Raises NotReachableError with the client's last words."""
    node = app.kind == "Node"
    if node and shutil.which("npm") is None:
        raise NotReachableError("there is no npm on this machine")
    ask = (
        ["npm", "view", f"{app.package}@{app.version}", "version"]
        if node
        else [UV, "pip", "compile", "--quiet", "--no-deps", "--no-header", "-"]
    )
    done = subprocess.run(ask, input=f"{app.package}\n", capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise NotReachableError(done.stderr.strip()[-300:])


def ship(lab: Lab, app: App) -> Outcome:
    """Take one app through its life in a running golive; raises RuntimeError with golive's words when a step fails."""
    outcome = Outcome(app.name, app.version, app.kind)
    port, folder = free_port(), lab.directory / app.name
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    app.lay(folder, port)
    lab.cli("init", cwd=folder)
    outcome.init_lines = len((folder / "golive.toml").read_text().splitlines())
    outcome.edits = _edit(folder / "golive.toml", app, port)
    (folder / ".gitignore").write_text(IGNORED)
    _commit(folder, "Begin")
    began = time.monotonic()
    lab.cli("deploy", cwd=folder)
    outcome.first_deploy_s = round(time.monotonic() - began, 1)
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, timeout=30, follow_redirects=True) as client:
        app.write(client)
        visitors = Users(port, rate=2, clients=20, mix=[(1.0, "GET", lambda _c: app.front)])
        with visitors:
            until(lambda: len(visitors.answers) > 5, 60)
            for number in (2, 3):
                (folder / "CHANGES").write_text(f"Change {number}\n")
                _commit(folder, f"Change {number}")
                lab.cli("deploy", cwd=folder)
        outcome.deploys = 3
        outcome.kept = app.kept(client)
    outcome.requests, outcome.failed = len(visitors.answers), len(visitors.failed)
    outcome.failures = dict(Counter(str(answer.status or "no answer") for answer in visitors.failed))
    return outcome


def _edit(path: Path, app: App, port: int) -> int:
    """Make the app's own edits and shorten the steps; returns how many edits the app needed."""
    text = path.read_text()
    for old, new in app.edits:
        assert old in text, text
        text = text.replace(old, new)
    short = "" if "bluegreen" in text else SHORT
    text += f"port = {port}\n{short}" + "".join(f"{line}\n" for line in app.production)
    path.write_text(text)
    return len(app.edits) + len(app.production)


def _commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=", ".join(app.name for app in APPS))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(banner("public apps"))
    print(f"{'app':12} {'version':8} {'kind':26} lines edits first_s requests failed kept")
    found = []
    for app in APPS:
        if arguments.names and app.name not in arguments.names:
            continue
        reachable(app)
        with scratch_lab("golive-apps-") as lab:
            one = ship(lab, app)
        found.append(one)
        print(
            f"{one.app:12} {one.version:8} {one.kind:26} {one.init_lines:5} {one.edits:5} "
            f"{one.first_deploy_s:7} {one.requests:8} {one.failed:6} {'yes' if one.kept else 'NO'}  "
            + ", ".join(f"{count} x {what}" for what, count in one.failures.items())
        )
    if arguments.json:
        facts = {"machine": machine(), "apps": [asdict(one) for one in found]}
        arguments.json.write_text(json.dumps(facts, indent=1))
    return 0 if all(one.kept and not one.failed for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
