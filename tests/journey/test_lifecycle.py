"""One golive from `up` to `down`: refuses a second one, survives kill -9 of each part, leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from golive.adapters.keeper import Keepers
from golive.ship.replicas.domain import ProcessState
from tests.support import wait_for
from tools.lab import Lab, scratch_lab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with scratch_lab("golive-lifecycle-") as running:
        yield running


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process whose environment or arguments name this home."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("GOLIVE_HOME") == str(home) or str(home) in " ".join(process.cmdline())
        except psutil.Error:
            continue
        if mine and process.pid != os.getpid():
            found.append(process)
    return found


def state_of(lab: Lab, part: str) -> ProcessState:
    return Keepers(lab.home / "run", lab.home / "logs").state(part)


def test_a_second_up_refuses_in_words(lab):
    refused = lab.cli("up", check=False)
    assert refused.returncode == 5
    assert "already" in refused.stderr
    assert "golive down" in refused.stderr


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Lab]:
    """One that was never started."""
    unborn = Lab(tmp_path / "fresh")
    yield unborn
    unborn.down()


def test_of_two_first_ups_at_the_same_moment_one_starts_and_the_other_refuses(fresh):
    command = [sys.executable, "-m", "golive.cli.main", "up"]
    both = [
        subprocess.Popen(
            command, cwd=fresh.directory, env=fresh.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    ends = sorted((up.returncode, out, err) for up in both for out, err in [up.communicate(timeout=200)])
    (won, link, _), (lost, nothing, why) = ends
    assert (won, lost) == (0, 5), ends
    assert "golive runs" in link
    assert nothing == ""
    assert "already" in why
    assert fresh.cli("up", check=False).returncode == 5
    supervisors = [p for p in processes_of(fresh.home) if "golive.runtime.processes.supervisor" in p.cmdline()]
    assert len(supervisors) == 1
    assert fresh.down() >= 5
    assert processes_of(fresh.home) == []


def test_secrets_are_in_no_argument_list_and_readable_by_nobody_else(lab):
    secrets = [path.read_text().strip() for path in [*lab.home.glob("*.key"), lab.home / "token"]]
    assert len(secrets) >= 4
    arguments = " ".join(" ".join(process.cmdline()) for process in processes_of(lab.home))
    assert not [secret for secret in secrets if secret in arguments]
    assert {path.stat().st_mode & 0o77 for path in [*lab.home.glob("*.key"), lab.home / "token"]} == {0}


@pytest.mark.parametrize("part", ["golive-engine", "golive-store", "golive-control", "golive-edge"])
def test_a_killed_part_comes_back(lab, part):
    before = state_of(lab, part).pid
    os.kill(before, signal.SIGKILL)
    wait_for(
        lambda: (now := state_of(lab, part)).pid not in {before, None} and now.phase == "RUNNING",
        seconds=30,
        what=f"{part} after kill -9",
    )


def test_a_killed_keeper_is_replaced_and_its_child_does_not_run_twice(lab):
    before = state_of(lab, "golive-engine")
    os.kill(before.keeper_pid, signal.SIGKILL)
    wait_for(lambda: not psutil.pid_exists(before.pid), what="the child of the dead keeper to end")
    wait_for(
        lambda: state_of(lab, "golive-engine").keeper_pid != before.keeper_pid,
        what="a new keeper",
    )
    engines = [p for p in processes_of(lab.home) if "golive.runtime.processes.engine" in p.cmdline()]
    assert len(engines) == 1


def test_health_answers_once_all_is_back(lab):
    import httpx

    def healthy() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{lab.port}/api/health").status_code == 200
        except httpx.TransportError:
            return False

    wait_for(healthy, seconds=40, what="healthy")


def test_the_watchdog_starts_a_dead_supervisor_again(lab):
    lock = lab.home / "run" / "supervisor.lock"
    before = json.loads(lock.read_text())["pid"]
    os.kill(before, signal.SIGKILL)
    wait_for(
        lambda: (text := lock.read_text()) and json.loads(text)["pid"] != before,
        seconds=60,
        what="a new supervisor",
    )


def test_down_leaves_nothing_and_up_goes_on_with_the_same_state(lab):
    people = lab.client().get("/people")
    assert lab.down() >= 5
    assert processes_of(lab.home) == []
    assert lab.down() == 0
    lab.up()
    assert lab.client().get("/people") == people
