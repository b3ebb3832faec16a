"""A real Envoy in front of four small applications: two replicas of each of two releases."""

import json
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from golive.adapters.envoy import EnvoyRouter, edge_argv
from golive.ship.traffic.domain import Backend, EdgeState, Replica, Site, Split
from tests.contract.edge.client import Answer, ask
from tests.support import wait_for
from tools.lab import free_port

UPSTREAM = Path(__file__).parents[2] / "support" / "upstream.py"
SITE = "market/production"


def listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Upstream:
    release: str
    port: int
    process: subprocess.Popen = field(repr=False)

    @property
    def replica(self):
        return Replica(f"{self.release}-{self.port}", "127.0.0.1", self.port)

    def mode(self, name):
        assert ask(self.port, f"/_mode?{name}", "POST").status == 200

    def seen(self, path):
        return json.loads(ask(self.port, "/_seen").body).get(path, 0)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@dataclass
class Edge:
    directory: Path
    router: EnvoyRouter
    upstreams: list[Upstream]
    port: int
    process: subprocess.Popen | None = None

    def of(self, release):
        return [upstream for upstream in self.upstreams if upstream.release == release]

    def site(self, split, **settings):
        backends = tuple(Backend(release, tuple(u.replica for u in self.of(release))) for release in ("A", "B"))
        return Site(SITE, self.port, backends, split, **settings)

    def serve(self, split, **settings):
        return self.router.apply(EdgeState((self.site(split, **settings),)))

    def start(self):
        with (self.directory / "console").open("ab") as stream:
            self.process = subprocess.Popen(
                edge_argv(self.directory, concurrency=1),
                cwd=self.directory,
                stdout=stream,
                stderr=stream,
            )
        wait_for(self.router.ready, what="Envoy")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def get(self, path="/", method="GET", headers=None, **options) -> Answer:
        return ask(self.port, path, method, headers, **options)

    def lines(self, name, path):
        log = self.directory / f"{name}.json"
        # Between its rotation and Envoy's reopening there is none.
        text = log.read_text() if log.exists() else ""
        found = [json.loads(line) for line in text.splitlines()]
        return [line for line in found if line["path"] == path]

    def logged(self, name, path, count=1):
        wait_for(lambda: len(self.lines(name, path)) >= count, what=f"{count} lines of {path}")
        return self.lines(name, path)

    def words(self):
        return (self.directory / "envoy.log").read_text()


@pytest.fixture(scope="module")
def upstreams():
    started = []
    for release in ("A", "A", "B", "B"):
        port = free_port()
        process = subprocess.Popen([sys.executable, "-S", str(UPSTREAM), str(port), release])
        started.append(Upstream(release, port, process))
    for upstream in started:
        wait_for(lambda port=upstream.port: listening(port))
    yield started
    for upstream in started:
        upstream.kill()


@pytest.fixture(scope="module")
def _running(upstreams):
    with tempfile.TemporaryDirectory(prefix="edge") as home:
        directory = Path(home)
        edge = Edge(directory, EnvoyRouter(directory), upstreams, free_port())
        edge.serve(Split.only("A"))
        edge.start()
        yield edge
        edge.kill()


@pytest.fixture
def edge(_running):
    """The running edge; every test begins with everyone on A and all applications well."""
    for upstream in _running.upstreams:
        upstream.mode("ok")
    _running.serve(Split.only("A"))
    wait_for(lambda: _running.get("/begin").status == 200)
    return _running


@pytest.fixture
def doomed():
    """An application that a test may kill."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-S", str(UPSTREAM), str(port), "B"])
    wait_for(lambda: listening(port))
    upstream = Upstream("B", port, process)
    yield upstream
    upstream.kill()


def with_backend(state: EdgeState, release: str, *replicas: Replica) -> EdgeState:
    """Return the state with the replicas of one release replaced."""
    site = state.sites[0]
    backends = tuple(Backend(release, replicas) if b.release == release else b for b in site.backends)
    return replace(state, sites=(replace(site, backends=backends),))


@contextmanager
def taken_at_start(edge, port):
    """Another program has the port when the edge starts, and for as long as this lasts."""
    edge.kill()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        edge.start()
        yield
