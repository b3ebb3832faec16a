"""A Redis of the tests' own, on a port of its own, that can be ended and begun again."""

import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

PROGRAMS = ("redis-server", "valkey-server")


def program() -> str:
    """The server's program, "" where none is installed."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), "")


class Server:
    """Keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._folder = folder
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        words = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--dir"]
        command = [program(), *words, str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
            except OSError:
                assert time.monotonic() < until, "the server did not start"
                threading.Event().wait(0.02)
            else:
                return

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None
