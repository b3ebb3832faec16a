"""The command line as a person runs it, in this process, against the real API."""

import http.server
import json
import sys
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from golive.cli import main as command_line
from golive.cli import output
from golive.kernel.access import operations as access
from golive.kernel.access.roles import GOLIVE, Role
from golive.kernel.config import settings
from golive.kernel.ports import bound
from golive.ship.traffic.ports import TrafficRouter
from tests.support.fake_router import FakeRouter


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def golive(tmp_path, monkeypatch, capsys):
    """Run `golive …` in an empty directory; nothing runs there."""
    changed = {"home": tmp_path / ".golive", "port": 1}
    before = {name: getattr(settings(), name) for name in changed}
    for name, value in changed.items():
        object.__setattr__(settings(), name, value)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Said:
        for console in (output.out, output.talk):
            monkeypatch.setattr(console, "_file", None)
        monkeypatch.setattr(sys, "argv", ["golive", *arguments])
        with pytest.raises(SystemExit) as stop:
            command_line.main()
        said = capsys.readouterr()
        return Said(stop.value.code or 0, said.out, said.err)

    yield run
    for name, value in before.items():
        object.__setattr__(settings(), name, value)


@pytest.fixture
def served(golive, live_server):
    """The same with a control room and an admin's token."""
    person = access.create_person(by=GOLIVE, email="mira@example.org", name="Mira", role=Role.ADMIN)
    _, secret = access.create_token(by=GOLIVE, person=person, name="this machine")
    home = settings().home
    home.mkdir()
    (home / "token").write_text(secret)
    object.__setattr__(settings(), "port", int(live_server.url.rpartition(":")[2]))
    with bound(TrafficRouter, FakeRouter()):
        yield golive


@pytest.fixture
def httpserver_of_words(golive):
    """Another program on the control room's port; `answers` are (status, body) in turn, the last for ever, None: hangs."""
    answers = [(200, b"<h1>It works</h1>")]
    ended = threading.Event()

    class Words(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if answer is None:
                ended.wait(60)
                return
            self.send_response(answer[0])
            self.end_headers()
            self.wfile.write(answer[1])

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Words)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings().home.mkdir()
    (settings().home / "token").write_text("anything")
    object.__setattr__(settings(), "port", server.server_port)
    yield answers
    ended.set()
    server.shutdown()
    server.server_close()
