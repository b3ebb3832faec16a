"""The engine: works on durable jobs (releases, pages, schedules) until it is stopped.

Several engines may run on one PostgreSQL; leases decide who does what.
"""

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType

import django

from golive.kernel import log
from golive.kernel.config import settings
from golive.kernel.ids import new_id

HEARTBEAT = 1.0  # seconds between touches of run/engine.heartbeat


def main() -> int:
    """Run until SIGTERM."""
    log.configure(json=True)
    django.setup()
    from golive.kernel.durable import Worker
    from golive.runtime import wiring

    wiring.bind_all()
    stop = threading.Event()

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    beat = threading.Thread(target=_beat, args=(settings().run / "engine.heartbeat", stop), daemon=True)
    beat.start()
    owner = f"{socket.gethostname()}-{os.getpid()}-{new_id('eng')[-8:]}"
    Worker(owner, threads=12).run(stop)
    # Threads of libraries must not keep a stopped engine alive.
    sys.stdout.flush()
    os._exit(0)


def _beat(path: Path, stop: threading.Event) -> None:
    while not stop.is_set():
        path.touch()
        stop.wait(HEARTBEAT)


if __name__ == "__main__":
    sys.exit(main())
