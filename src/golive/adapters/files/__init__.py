"""Files that several processes read and write, locked while they change."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_WAITED = 10
_LOOK_S = 0.01


def read_file(path: Path) -> bytes | None:
    """Return the content, or None when there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


class HeldElsewhere(Exception):  # noqa: N818  a state of the machine, handled by whoever set a limit
    """One other held the lock for too long, or too many one after the other."""


@contextmanager
def exclusive(path: Path, *, limit_s: float | None = None) -> Iterator[None]:
    """Hold the one lock at `path` among all processes and threads of this machine.

    A process that died holds none, one that is frozen does: with `limit_s` raises HeldElsewhere when one other holds it
    for so many seconds, or a queue of others for a `MOST_WAITED` times as long. Whoever holds it may remove the file.
    """
    handle = _locked(path, limit_s)
    try:
        yield
    finally:
        os.close(handle)


def _locked(path: Path, limit_s: float | None) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if limit_s is None:
                fcntl.flock(handle, fcntl.LOCK_EX)
            else:
                _lock_within(handle, limit_s)
        except BaseException:
            os.close(handle)
            raise
        # A file that was removed meanwhile is a lock among those alone who opened it before.
        if os.fstat(handle).st_nlink:
            os.utime(handle)  # those who wait see that it has changed hands
            return handle
        os.close(handle)


def _lock_within(handle: int, limit_s: float) -> None:
    began, taken = time.monotonic(), os.fstat(handle).st_mtime_ns
    end = began + limit_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            now, seen = time.monotonic(), os.fstat(handle).st_mtime_ns
            if seen != taken:
                taken, end = seen, now + limit_s
            if now > min(end, began + MOST_WAITED * limit_s):
                raise HeldElsewhere from None
            time.sleep(_LOOK_S)
        else:
            return
