"""When is a process ready, and what is said when it is not."""

import socket

import pytest
from golive_app.checks import DEADLINE

from tests.support import wait_for

SERVER = """
import http.server, sys, time
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/slow':
            time.sleep({slow})
        self.send_response(200 if self.path in ('/ready', '/slow') else 503)
        self.send_header('x-host', self.headers['host'])
        self.end_headers()
http.server.HTTPServer(('127.0.0.1', {port}), Page).serve_forever()
"""


@pytest.fixture
def port(keepers):
    return keepers.free_port()


def test_ready_by_http_and_by_tcp(keepers, spec, port):
    keepers.start(spec(SERVER.format(port=port, slow=DEADLINE)))
    assert keepers.wait_ready("web-1", port=port, path="/ready", limit_s=20).ready
    assert keepers.wait_ready("web-1", port=port, path=None, limit_s=20).ready


def test_an_answer_within_the_five_seconds_of_golive_app_counts(keepers, spec, port):
    keepers.start(spec(SERVER.format(port=port, slow=DEADLINE)))
    assert keepers.wait_ready("web-1", port=port, path=None, limit_s=20).ready
    assert keepers.wait_ready("web-1", port=port, path="/slow", limit_s=1).ready


def test_the_reason_names_the_answer(keepers, spec, port):
    keepers.start(spec(SERVER.format(port=port, slow=DEADLINE)))
    assert keepers.wait_ready("web-1", port=port, path=None, limit_s=20).ready
    found = keepers.wait_ready("web-1", port=port, path="/not", limit_s=0.2)
    assert (found.ready, found.reason) == (False, "GET /not answered 503 for 0.2 s")


CHECKS = """
import http.server, itertools, json, time
asked = itertools.count()
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/ready':
            return self.answer(200, b'')
        turn = next(asked)
        down = ['database', 'redis'] if self.path == '/down' or turn == 0 else ['redis']
        checks = {{name: {{'status': 'down' if name in down else 'ok'}} for name in ('database', 'redis', 'disk')}}
        body = json.dumps({{'status': 'not_ready', 'checks': checks}}).encode()
        self.answer(503, b'gateway <html>' if self.path == '/other' else body)
    def answer(self, status, body):
        self.send_response(status)
        self.send_header('content-length', str(len(body) + (self.path == '/cut')))
        self.end_headers()
        self.wfile.write(body[:9])
        self.wfile.flush()
        self.wfile.write(body[9:])
http.server.HTTPServer(('127.0.0.1', {port}), Page).serve_forever()
"""


@pytest.mark.parametrize(
    ("path", "down"),
    [("/down", {"database", "redis"}), ("/once", {"redis"}), ("/other", set()), ("/cut", {"redis"}), ("/ready", set())],
)
def test_what_all_its_answers_call_down_is_named(keepers, spec, port, path, down):
    keepers.start(spec(CHECKS.format(port=port)))
    assert keepers.wait_ready("web-1", port=port, path=None, limit_s=20).ready
    found = keepers.wait_ready("web-1", port=port, path=path, limit_s=1)
    assert (found.ready, found.down) == (path == "/ready", down)


def test_a_process_that_listens_to_nobody_runs_out_of_time(keepers, spec, port):
    keepers.start(spec("import time; time.sleep(60)"))
    found = keepers.wait_ready("web-1", port=port, path=None, limit_s=0.2)
    assert not found.ready
    assert "did not accept" in found.reason


def test_a_crash_loop_is_not_waited_for(keepers, spec, port):
    keepers.start(spec("raise SystemExit(7)"))
    found = keepers.wait_ready("web-1", port=port, path="/", limit_s=60)
    assert found.reason == "the process crashed 3 times in a row: exit 7"


def test_a_failed_process_is_not_waited_for(keepers, spec, port):
    keepers.start(spec("raise SystemExit(7)", max_restarts=0))
    wait_for(lambda: not keepers.state("web-1").alive)
    found = keepers.wait_ready("web-1", port=port, path="/", limit_s=60)
    assert found.reason == "the process is FAILED: exit 7"


def test_ports_are_free_and_never_given_twice(keepers):
    ports = [keepers.free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
