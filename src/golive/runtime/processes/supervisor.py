"""Keeps the keepers of golive's own parts: a part whose keeper died is back within a fraction of a second.

The supervisor holds `run/supervisor.lock` for as long as it lives, so there is one in a home directory. `golive up` takes
the lock before it does anything and hands it over, so that of two at the same moment one refuses. The supervisor owns no
traffic: when it dies, everything it started goes on, and the watchdog starts it again.
"""

import fcntl
import json
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import TextIO

from golive.adapters.keeper import Keepers
from golive.kernel import log
from golive.kernel.config import Settings, settings
from golive.runtime.parts import CONTROL, EDGE, ENGINE, STORE, WATCHDOG, parts
from golive.ship.replicas.domain import ProcessSpec

PERIOD = 5.0  # seconds between looks at the keepers; the death of one is seen at once
SOON = 0.2  # seconds to the next look while one is missing, or cannot be watched
APPS_S = 5.0  # for the last answers of apps; a stream that is open would hold them for ever
logger = log.get_logger(__name__)


class Supervisor:
    """One look at all parts is `look()`; `run()` looks until it is told to stop."""

    def __init__(self, config: Settings, keepers: Keepers) -> None:
        self._config = config
        self._keepers = keepers
        self._specs: tuple[ProcessSpec, ...] = ()
        self._troubles: dict[str, str] = {}
        self._watched: list[int] = []  # pids of keepers
        self._bell = os.eventfd(0)
        self._ended = False

    def end(self) -> None:
        """Have `run` stop everything and return; safe in a signal's handler."""
        self._ended = True
        os.eventfd_write(self._bell, 1)

    def run(self) -> None:
        """Keep the parts until stopped, then stop everything that golive started."""
        self._config.prepare()
        self._keepers.adopt()
        self._specs = parts(self._config)
        while not self._ended:
            self.look()
            self.wait()
        stop_everything(self._keepers)

    def look(self) -> None:
        """Start what does not run; a part that cannot start is tried again at the next look."""
        self._watched = []
        for spec in self._specs:
            try:
                self._watched.append(self._keepers.ensure(spec).keeper_pid or 0)
                self._troubles.pop(spec.id, None)
            except Exception as error:  # noqa: BLE001  one part's trouble must not keep the others down
                self._tell(spec.id, error)

    def wait(self) -> None:
        """Return when a keeper ends or the supervisor is to, at the latest when it is time to look again."""
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        seen = 0
        with ExitStack() as handles:
            for pid in filter(None, self._watched):
                with suppress(OSError, AttributeError):  # it is gone already, or kernel or Python lack pidfd_open(2)
                    handle = os.pidfd_open(pid)
                    handles.callback(os.close, handle)
                    poll.register(handle, select.POLLIN)
                    seen += 1
            poll.poll(1000 * (PERIOD if seen == len(self._specs) else SOON))

    def _tell(self, part: str, error: Exception) -> None:
        """Log a trouble once, not five times a second for as long as it lasts."""
        if self._troubles.get(part) != (told := f"{type(error).__name__}: {error}"):
            self._troubles[part] = told
            logger.error("part_not_started", part=part, exc_info=error)


def stop_everything(keepers: Keepers) -> None:
    """Stop every kept process, and leave none behind.

    First who raises alarm or starts processes anew; then the apps, while the edge carries the answers they still give;
    last the edge, and the store with what the apps said at their end.
    """
    _stop_all(keepers, lambda name: name in {WATCHDOG, ENGINE, CONTROL})
    _stop_all(keepers, lambda name: name not in {EDGE, STORE}, grace_s=APPS_S)
    _stop_all(keepers, lambda _name: True)
    keepers.kill_strays()


def _stop_all(keepers: Keepers, wanted: Callable[[str], bool], grace_s: float | None = None) -> None:
    """Stop those that live now, at the same time."""
    threads = [
        threading.Thread(target=_stop, args=(keepers, state.id, grace_s))
        for state in keepers.list()
        if state.alive and wanted(state.id)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _stop(keepers: Keepers, name: str, grace_s: float | None) -> None:
    try:
        keepers.stop(name, grace_s=grace_s)
    except Exception:  # the others must still be stopped; kill_strays comes after
        logger.exception("part_not_stopped", part=name)


def hold_lock(run: Path) -> TextIO | None:
    """Return the held lock file with this pid in it, or None when another process holds it or looks at it."""
    file = (run / "supervisor.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    name_holder(file, os.getpid())
    return file


def name_holder(lock: TextIO, pid: int) -> None:
    """Write into the held lock whom `golive down` ends."""
    lock.seek(0)
    lock.truncate()
    json.dump({"pid": pid}, lock)
    lock.flush()


def take_over(descriptor: int) -> TextIO:
    """Return the lock that `golive up` holds and handed over by inheritance; what is started here does not get it."""
    os.set_inheritable(descriptor, False)
    return os.fdopen(descriptor, "a+")


def running(run: Path) -> int | None:
    """Return the pid of the supervisor of this home, or of the `golive up` before it; None when none holds the lock."""
    path = run / "supervisor.lock"
    if not path.exists():
        return None
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            text = file.read()
            pid: int = json.loads(text)["pid"] if text else -1
            return pid
    return None


def main(descriptor: str = "") -> int:
    """Run until SIGTERM or SIGINT. `descriptor` is the lock's, where it is handed over."""
    log.configure(json=True)
    config = settings()
    config.prepare()
    lock = take_over(int(descriptor)) if descriptor else hold_lock(config.run)
    if lock is None:
        sys.stderr.write(f"golive is running in {config.home} already (process {running(config.run)})\n")
        return 5
    supervisor = Supervisor(config, Keepers(config.run, config.logs))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        supervisor.end()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    supervisor.run()
    lock.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
