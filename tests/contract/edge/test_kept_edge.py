"""The edge as it runs in production: under a keeper, with nobody else alive."""

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

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


@dataclass
class Kept:
    router: EnvoyRouter
    keepers: Keepers
    directory: Path
    port: int

    @property
    def state(self):
        return self.keepers.state("golive-edge")

    def kill(self):
        os.kill(self.state.pid, signal.SIGKILL)


@pytest.fixture
def kept(upstreams, tmp_path):
    """An edge with everyone on A, far down in the file system, that a keeper starts again."""
    port, directory = free_port(), tmp_path / ("deep-" * 20) / "edge"
    router = EnvoyRouter(directory)
    backends = tuple(
        Backend(release, tuple(u.replica for u in upstreams if u.release == release)) for release in ("A", "B")
    )
    router.apply(EdgeState((Site(SITE, port, backends, Split("B", "A", 0.0)),)))
    keepers = Keepers(tmp_path / "run", tmp_path / "logs")
    try:
        keepers.start(ProcessSpec("golive-edge", edge_argv(directory), str(directory), backoff_first_s=0.05))
        wait_for(lambda: answer(port) == "A")
        yield Kept(router, keepers, directory, port)
    finally:
        keepers.forget("golive-edge")


def test_killed_it_comes_back_with_the_same_split(kept):
    kept.router.set_split(SITE, Split("B", "A", 1.0))
    wait_for(lambda: answer(kept.port) == "B")
    first = kept.state.pid
    kept.kill()
    assert wait_for(lambda: answer(kept.port), what="the edge") == "B"
    assert kept.state.pid != first
    assert (kept.state.restarts, kept.state.last_exit) == (1, -signal.SIGKILL)
    wait_for(kept.router.ready)
    assert kept.keepers.stop("golive-edge").last_exit == 0


def test_killed_after_its_files_were_deleted_it_comes_back_at_the_next_look(kept):
    shutil.rmtree(kept.directory / "xds")
    kept.kill()
    wait_for(lambda: kept.state.restarts > 2, what="starts in vain")
    kept.router.apply(kept.router.current())
    assert wait_for(lambda: answer(kept.port), what="the edge") == "A"


@pytest.mark.parametrize("anew", [False, True], ids=["gone", "made-anew"])
def test_it_takes_changes_again_after_its_folder_was_deleted(kept, anew):
    """Envoy watches the folder itself: it hears nothing of one that is there in its place."""
    shutil.rmtree(kept.directory / "xds")
    if anew:
        (kept.directory / "xds").mkdir()
    kept.router.apply(kept.router.current())
    moved = kept.router.set_split(SITE, Split("B", "A", 1.0))
    wait_for(lambda: answer(kept.port) == "B", what="a change")
    kept.router.confirm(moved.version)
    kept.router.confirm(kept.router.set_split(SITE, Split("B", "A", 0.0)).version)
