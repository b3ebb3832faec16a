"""A release that is cancelled while its real build or gate runs: processes, files, locks and rows.  mission: SHIP-6"""

import json
import sys
import threading
from pathlib import Path

import psutil
import pytest
from django.db import OperationalError, connections

from golive.adapters.keeper import Keepers
from golive.kernel.ports import bound, the
from golive.ship.artifacts.ports import Repositories
from golive.ship.commands.operations import alone
from golive.ship.gates import queries as gates
from golive.ship.releases import operations
from golive.ship.releases.ports import Target
from golive.ship.releases.workflows.local import LocalTarget
from golive.ship.replicas.ports import ProcessKeeper
from golive.ship.services import operations as services
from tests.support import wait_for
from tests.support.ship_world import OPERATOR, world

pytestmark = pytest.mark.django_db(transaction=True)
FORKS = """
import os, signal, sys, time
if len(sys.argv) > 2:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if not child:
    os.setsid()
    while True: time.sleep(600)
draft = sys.argv[1] + ".part"
open(draft, "w").write(f"{os.getpid()} {child}")
os.rename(draft, sys.argv[1])
while True: time.sleep(600)
"""
TEXT = """service = "notes"
[build]
commands = ["true", {build}]
[processes.web]
command = "true"
[[gates]]
name = "first"
command = "true"
[[gates]]
name = "unit"
command = {gate}
needs = ["first"]
"""


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def cancel(release: str) -> bool:
    """Ask for it; SQLite in memory, which tests have, may be busy at that moment."""
    try:
        operations.cancel(by=OPERATOR, release=release)
    except OperationalError:
        return False
    return True


@pytest.mark.parametrize("stubborn", [False, True])
@pytest.mark.parametrize("where", ["build", "gate"])
def test_a_release_that_is_cancelled_leaves_nothing_behind(tools, origin, tmp_path, where, stubborn):
    pids = tmp_path / "pids"
    forks = f"{sys.executable} forks.py {pids}{' stubborn' if stubborn else ''}"
    lines = {"build": "true", "gate": "true", where: forks}
    text = TEXT.format(**{name: json.dumps(line) for name, line in lines.items()})
    services.register(by=OPERATOR, manifest_text=text, repository=str(origin.path))
    origin.commit({"golive.toml": text, "forks.py": FORKS})
    keepers, mirrors = Keepers(tools / "run", tools / "logs"), the(Repositories)
    with (
        world() as w,
        bound(Target, LocalTarget()),
        bound(ProcessKeeper, keepers),
        bound(Repositories, mirrors),
    ):
        one = operations.deploy(by=OPERATOR, service="notes", revision="main")

        def live() -> None:
            w.drain()
            connections.close_all()

        engine = threading.Thread(target=live)
        engine.start()
        wait_for(pids.exists, what="the command and its child")
        assert wait_for(lambda: cancel(one))
        engine.join(30)
        assert not engine.is_alive()
        row = w.release(one)
        assert (row.state, row.reason, row.wish) == ("CANCELLED", "manual", None)
        assert not any(alive(int(pid)) for pid in pids.read_text().split())
        _nothing_is_left(tools, one, where)


def _nothing_is_left(home: Path, release: str, where: str) -> None:
    folders = [path for path in (home / "artifacts").iterdir() if path.is_dir()]
    assert len(folders) == (where == "gate"), "what was built is kept, half of it is not"
    assert not list((home / "gates").glob("work/*"))
    for lock in [*(home / "artifacts").glob("*.lock"), *(home / "gates").glob("*.lock")]:
        with alone(lock, stop=lambda: "it is held"):
            pass
    log = home / "logs" / "releases" / release / "build.log"
    runs = {run.name: run for run in gates.runs(release)}
    if where == "gate":
        assert {name: run.state for name, run in runs.items()} == {"first": "PASS", "unit": "UNKNOWN"}
        assert "stopped it before any user saw it" in runs["unit"].why
        log = runs["unit"].log_path
    assert log.read_text().endswith(f"[golive: cancelled by {OPERATOR}]\n")
