"""What every keeper must keep, the real one and the one that other tests use."""

import os
import signal
import sys

import pytest

from golive.ship.replicas.domain import Phase, ProcessSpec
from golive.ship.replicas.ports import NoSuchProcess
from tests.support import wait_for
from tests.support.fake_keeper import FakeKeeper

SPEC = ProcessSpec(
    "web-1",
    (sys.executable, "-S", "-c", "import time; time.sleep(60)"),
    "/",
    labels={"release": "rel_1"},
)


@pytest.fixture(params=["real", "fake"])
def keeper(request, keepers):
    return keepers if request.param == "real" else FakeKeeper()


def lose(keeper, process_id):
    if isinstance(keeper, FakeKeeper):
        keeper.lose(process_id)
    else:
        os.kill(keeper.state(process_id).keeper_pid, signal.SIGKILL)
        wait_for(lambda: not keeper.state(process_id).alive)


def test_started_stopped_listed_and_forgotten(keeper):
    keeper.start(SPEC)
    wait_for(lambda: keeper.state("web-1").phase is Phase.RUNNING)
    assert [(s.id, s.labels) for s in keeper.adopt()] == [("web-1", {"release": "rel_1"})]
    stopped = keeper.stop("web-1")
    assert (stopped.phase, stopped.alive) == (Phase.STOPPED, False)
    assert keeper.stop("web-1").phase is Phase.STOPPED
    assert keeper.adopt() == ()
    assert [state.id for state in keeper.list()] == ["web-1"]
    keeper.forget("web-1")
    assert keeper.list() == ()


def test_ensure_leaves_the_same_alone_and_replaces_the_changed_and_the_lost(keeper):
    first = keeper.ensure(SPEC)
    assert keeper.ensure(SPEC).keeper_pid == first.keeper_pid
    changed = ProcessSpec(SPEC.id, SPEC.argv, SPEC.cwd, labels={"release": "rel_2"})
    second = keeper.ensure(changed)
    assert (second.keeper_pid != first.keeper_pid, second.labels) == (True, {"release": "rel_2"})
    lose(keeper, "web-1")
    assert keeper.state("web-1").reason == "its keeper is gone"
    assert keeper.ensure(changed).alive


def test_a_stopped_process_is_not_ready(keeper):
    keeper.start(SPEC)
    keeper.stop("web-1")
    found = keeper.wait_ready("web-1", port=keeper.free_port(), path="/", limit_s=5)
    assert (found.ready, found.reason) == (False, "the process is STOPPED: it was stopped")


def test_what_was_never_started_is_unknown(keeper):
    for call in (keeper.state, keeper.stop):
        with pytest.raises(NoSuchProcess):
            call("never")
    keeper.forget("never")


def test_ports_differ(keeper):
    assert keeper.free_port() != keeper.free_port()
