"""From a repository that nobody prepared to running releases whose data stays: detect, fetch, build, gates, boot, twice."""

import shutil
import urllib.request

import pytest

from golive.adapters.keeper import Keepers
from golive.adapters.sqlite import SqliteFiles
from golive.kernel.access.roles import GOLIVE
from golive.kernel.ports import bound
from golive.ship.artifacts import operations as artifacts
from golive.ship.databases import operations as databases
from golive.ship.databases.ports import SqliteTools
from golive.ship.gates import operations as gates
from golive.ship.replicas import operations as replicas
from golive.ship.replicas import queries as running
from golive.ship.replicas.domain import ReleaseRef
from golive.ship.replicas.ports import ProcessKeeper
from golive.ship.services import operations as services
from golive.ship.services.domain.detect import describe

pytestmark = pytest.mark.django_db(transaction=True)

PYTHON = {
    "main.py": """
import http.server, os, sqlite3
notes = sqlite3.connect("notes.db", check_same_thread=False, isolation_level=None)
notes.execute("CREATE TABLE IF NOT EXISTS note (text)")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.answer(",".join(row[0] for row in notes.execute("SELECT text FROM note")))
    def do_POST(self):
        notes.execute("INSERT INTO note VALUES (?)", [self.rfile.read(int(self.headers["Content-Length"])).decode()])
        self.answer("")
    def answer(self, text):
        self.send_response(200); self.end_headers(); self.wfile.write(text.encode())
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
""",
}
NODE = {
    "package.json": '{"name": "notes", "scripts": {"start": "node server.js", "test": "node -e 0"}}',
    "package-lock.json": '{"name": "notes", "lockfileVersion": 3, "packages": {"": {"name": "notes"}}}',
    "uploads/.gitkeep": "",
    "server.js": """
const http = require('http'), fs = require('fs');
http.createServer((request, response) => {
  if (request.method === 'GET') {
    return response.end(fs.existsSync('uploads/notes') ? fs.readFileSync('uploads/notes') : '');
  }
  request.on('data', data => fs.appendFileSync('uploads/notes', data)).on('end', () => response.end());
}).listen(process.env.PORT, '127.0.0.1');
""",
}


@pytest.fixture
def everything(tools):
    keepers = Keepers(tools / "run", tools / "logs")
    with bound(ProcessKeeper, keepers), bound(SqliteTools, SqliteFiles()):
        yield
        for state in keepers.list():
            keepers.forget(state.id)


def ask(port: int, data: bytes | None = None) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", data=data, timeout=5) as answer:
        return answer.read().decode()


@pytest.mark.timeout(600)  # it installs from the registry, three times
@pytest.mark.parametrize(
    "files",
    [
        pytest.param(PYTHON, id="python with SQLite"),
        pytest.param(
            NODE, id="node with uploads", marks=pytest.mark.skipif(not shutil.which("npm"), reason="needs npm")
        ),
    ],
)
def test_an_app_that_nobody_prepared_keeps_its_data_over_releases(everything, origin, tmp_path, files):
    text = describe("notes", files)
    row = services.register(by=GOLIVE, manifest_text=text, repository=str(origin.path))
    ports = []
    for number in (1, 2, 3):
        origin.commit({**files, "golive.toml": text, "CHANGES": str(number)}, tag=f"v1.{number}")
        commit = artifacts.fetch(service="notes", repository=row.repository, revision="HEAD")
        assert commit.version == f"1.{number}"
        made = artifacts.build(service="notes", revision=commit.revision, manifest=row.manifest, log=tmp_path / "log")
        release = ReleaseRef(f"rel_{number}", commit.version, "notes")
        assert gates.run_all(release=release.id, service="notes", artifact=made, manifest=row.manifest).passed
        databases.back_up(service="notes", environment="production", manifest=row.manifest, reason="test")
        booted = replicas.boot(release=release, environment="production", artifact=made, manifest=row.manifest)
        ports = [replica.port for replica in booted]
        ask(ports[0], str(number).encode())
        assert running.stray_writes(release.id, "production") == []
        if number > 1:
            replicas.stop(release=f"rel_{number - 1}", environment="production", grace_s=3)
    assert {ask(port).replace(",", "") for port in ports} == {"123"}
