"""Durable work in real processes: workers that tests start, freeze and kill, and a driver beside them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from golive.kernel.durable.worker import POLL

ROOT = Path(__file__).parents[2]


class Lab:
    """One state database, one driver process and any number of workers."""

    def __init__(self, home: Path, database_url: str = "") -> None:
        self.home = home
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")},
            "GOLIVE_HOME": str(home),
            "GOLIVE_DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "tests.support.lab_settings",
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        }
        home.mkdir(parents=True, exist_ok=True)
        self._errors = (home / "errors").open("ab")
        self._processes: list[subprocess.Popen[str]] = []
        self._driver = self._start("drive")
        self._answer()

    def worker(
        self, owner: str, *, threads: int = 4, kinds: Iterable[str] = (), poll: float = POLL
    ) -> subprocess.Popen[str]:
        return self._start("work", owner, str(threads), ",".join(kinds), str(poll))

    def call(self, command: str, *args: Any, **kwargs: Any) -> Any:
        assert self._driver.stdin
        self._driver.stdin.write(json.dumps([command, args, kwargs]) + "\n")
        self._driver.stdin.flush()
        return json.loads(self._answer())

    def notes(self, first_word: str) -> list[list[str]]:
        """Return the words after `first_word` of each note that begins with it."""
        path = self.home / "notes"
        lines = path.read_text().splitlines() if path.exists() else []
        return [words[1:] for line in lines if (words := line.split(" "))[0] == first_word]

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
        self._errors.close()

    def errors(self) -> str:
        return (self.home / "errors").read_text()

    def _answer(self) -> str:
        assert self._driver.stdout
        line = self._driver.stdout.readline()
        assert line, f"the driver died:\n{self.errors()}"
        return line

    def _start(self, *args: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.lab_process", *args],
            env=self._environment,
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._processes.append(process)
        return process
