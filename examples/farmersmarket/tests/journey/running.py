"""Real servers on a database file of their own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "the condition did not come true in time"
        threading.Event().wait(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Market:
    """Processes of one market that share its database."""

    def __init__(self, folder: Path) -> None:
        paths = [
            str(ROOT),
            str(ROOT / "vendor/golive-app/src"),
            str(ROOT.parent.parent / "packages/golive-app/src"),
        ]
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(paths),
            "DATABASE_PATH": str(folder / "db.sqlite3"),
        }
        self._running: list[subprocess.Popen[bytes]] = []
        self.manage("migrate", "-v0")
        self.manage("sample_world", SAMPLE_PASSWORD="only-for-this-test")

    def manage(self, *words: str, **environment: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment | environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self._environment | environment
        )
        self._running.append(process)
        return process

    def replica(self, **environment: str) -> tuple[str, subprocess.Popen[bytes]]:
        port = free_port()
        process = self.start("-m", "farmersmarket.serve", PORT=str(port), **environment)
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: _ready(url))
        return url, process

    def end(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running:
            process.wait(20)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/ready", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
