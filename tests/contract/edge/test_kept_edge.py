"""The edge as it runs in production: under a keeper, with nobody else alive."""

import os
import signal

from golive.adapters.envoy import EnvoyRouter, edge_argv
from golive.adapters.keeper import Keepers
from golive.ship.replicas.domain import ProcessSpec
from golive.ship.traffic.domain import Backend, EdgeState, Site, Split
from tests.contract.edge.client import ask
from tests.contract.edge.conftest import SITE
from tests.support import wait_for
from tools.lab import free_port


def answer(port):
    try:
        return ask(port).text
    except OSError:
        return None


def test_killed_it_comes_back_with_the_same_split(upstreams, tmp_path):
    port, directory = free_port(), tmp_path / ("deep-" * 20) / "edge"
    router = EnvoyRouter(directory)
    backends = tuple(
        Backend(release, tuple(u.replica for u in upstreams if u.release == release)) for release in ("A", "B")
    )
    router.apply(EdgeState((Site(SITE, port, backends, Split("B", "A", 0.0)),)))
    keepers = Keepers(tmp_path / "run", tmp_path / "logs")
    spec = ProcessSpec("golive-edge", edge_argv(directory), str(directory), backoff_first_s=0.05)
    try:
        keepers.start(spec)
        wait_for(lambda: answer(port) == "A")
        router.set_split(SITE, Split("B", "A", 1.0))
        wait_for(lambda: answer(port) == "B")
        first = keepers.state("golive-edge").pid
        os.kill(first, signal.SIGKILL)
        assert wait_for(lambda: answer(port), what="the edge") == "B"
        state = keepers.state("golive-edge")
        assert state.pid != first
        assert (state.restarts, state.last_exit) == (1, -signal.SIGKILL)
        wait_for(router.ready)
        assert keepers.stop("golive-edge").last_exit == 0
    finally:
        keepers.forget("golive-edge")
