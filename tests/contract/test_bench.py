"""Benchmarks whose work other processes do, begun as the README says."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ONE_RELEASE = "--runs 1 --compare 0 --jobs 1 --groups bad --only bad100_20"


def test_the_processes_of_the_judges_benchmark_find_what_they_are_to_run() -> None:
    """Else each of them dies of its first task, the next one is started, and the benchmark waits for ever."""
    bench = subprocess.Popen(
        [sys.executable, "-m", "bench.judge", *ONE_RELEASE.split()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = bench.communicate(timeout=60)
    finally:
        if bench.poll() is None:
            os.killpg(bench.pid, signal.SIGKILL)
            bench.communicate()
    assert bench.returncode == 0
    assert "\n1 simulated releases" in said
