"""What the supervisor says of a part that does not start."""

import os
import signal
import sys
import threading

import pytest
from structlog.testing import capture_logs

from golive.kernel.config import settings
from golive.runtime.processes import supervisor as module
from golive.runtime.processes.supervisor import Supervisor
from golive.ship.replicas.domain import ProcessSpec
from golive.ship.replicas.ports import CannotStart
from tests.support import wait_for
from tests.support.fake_keeper import FakeKeeper


def test_a_trouble_that_lasts_is_told_once_and_again_when_it_comes_back():
    keeper = FakeKeeper(unstartable={"edge": "no room"})
    supervisor = Supervisor(settings(), keeper)
    supervisor._specs = (ProcessSpec("edge", ("run",), "/"), ProcessSpec("store", ("run",), "/"))
    with capture_logs() as told:
        for _ in range(5):
            supervisor.look()
        keeper.unstartable = {}
        supervisor.look()
        keeper.lose("edge")
        keeper.unstartable = {"edge": "no room"}
        supervisor.look()
    assert [(line["event"], line["part"]) for line in told] == [("part_not_started", "edge")] * 2
    assert CannotStart.__name__ in supervisor._troubles["edge"]
    assert keeper.state("store").alive


@pytest.fixture
def waiting(keepers, monkeypatch):
    """A supervisor of one real process that would not look again by itself, and the thread in which it waits."""
    monkeypatch.setattr(module, "PERIOD", 600)
    supervisor = Supervisor(settings(), keepers)
    supervisor._specs = (ProcessSpec("edge", (sys.executable, "-c", "import time; time.sleep(600)"), "/"),)
    supervisor.look()
    thread = threading.Thread(target=supervisor.wait, daemon=True)
    thread.start()
    return supervisor, thread


def test_a_keeper_that_ends_is_seen_at_once(waiting, keepers):
    supervisor, thread = waiting
    before = keepers.state("edge").keeper_pid
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: not thread.is_alive(), what="the end of the wait")
    supervisor.look()
    assert keepers.state("edge").alive
    assert keepers.state("edge").keeper_pid != before


def test_it_ends_while_it_waits(waiting):
    supervisor, thread = waiting
    supervisor.end()
    wait_for(lambda: not thread.is_alive(), what="the end of the wait")
