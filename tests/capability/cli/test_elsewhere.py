"""Which golive a command speaks to where there is none in the directory that it is given in."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from golive.cli import elsewhere
from golive.kernel.config import Settings
from tests.support import wait_for


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Path]:
    """A process that looks like the supervisor of a golive."""
    home = tmp_path / "other" / ".golive"
    running = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)", elsewhere.SUPERVISOR],
        env={
            **os.environ,
            "GOLIVE_HOME": str(home),
            "GOLIVE_PORT": "8123",
            "GOLIVE_PUBLIC_URL": "https://golive.example",
        },
    )
    yield home
    running.kill()
    running.wait()


def test_a_running_golive_is_found_with_what_a_client_needs(another: Path) -> None:
    found = wait_for(lambda: [one for one in elsewhere.running() if one.home == another])
    assert [(one.port, one.url) for one in found] == [(8123, "https://golive.example")]


def test_a_home_that_is_named_is_never_replaced(golive, another: Path) -> None:
    assert "GOLIVE_HOME" in os.environ
    wait_for(elsewhere.running)
    said = golive("status")
    assert said.code == 6
    assert f"export GOLIVE_HOME={another}" in said.err
    assert "golive up" in said.err, "whoever begins means none of those"


def test_without_any_the_next_step_is_to_start_one() -> None:
    assert "golive up" in elsewhere.advice([])
    two = [Settings(home=Path("/a")), Settings(home=Path("/b"))]
    said = elsewhere.advice(two)
    assert said.startswith("Say which one is meant: `export GOLIVE_HOME=/a` or `export GOLIVE_HOME=/b`.")
