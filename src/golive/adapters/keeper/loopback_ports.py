"""Loopback ports for replicas: each its own, so that no stale process can share a new one's traffic."""

import json
import random
import socket
import time
from contextlib import suppress
from pathlib import Path

from golive.adapters.files import exclusive, read_file
from golive.kernel.files import replace_file

# Below the range that outgoing connections take their ports from.
_FIRST, _LAST = 20_000, 31_999
_REST_S = 600.0


def free_port(run: Path) -> int:
    """Return a port that nobody listens on and that was not given out in the last ten minutes."""
    book = run / "ports.json"
    with exclusive(run / "ports.lock"):
        given = _recent(book)
        while True:
            port = random.randint(_FIRST, _LAST)  # noqa: S311  no secret
            if str(port) not in given and _is_free(port):
                break
        given[str(port)] = time.time()
        replace_file(book, json.dumps(given).encode())
    return port


def _recent(book: Path) -> dict[str, float]:
    given: dict[str, float] = {}
    with suppress(ValueError):
        given = json.loads(read_file(book) or b"{}")
    now = time.time()
    return {port: at for port, at in given.items() if now - at < _REST_S}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
