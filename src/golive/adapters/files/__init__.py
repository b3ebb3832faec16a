"""Files that several processes read and write: replaced whole, locked while they change."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_S = 0.01


def replace_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put `content` at `path` by a rename in its directory; readers see the old or the new, whole."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    temporary.replace(path)


def read_file(path: Path) -> bytes | None:
    """Return the content, or None when there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


class HeldElsewhere(Exception):  # noqa: N818  a state of the machine, handled by whoever set a limit
    """Somebody else held the lock all the time."""


@contextmanager
def exclusive(path: Path, *, limit_s: float | None = None) -> Iterator[None]:
    """Hold the one lock at `path` among all processes and threads of this machine.

    A process that died holds none, one that is frozen does: with `limit_s` raises HeldElsewhere after so many seconds.
    Whoever holds it may remove the file.
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
            return handle
        os.close(handle)


def _lock_within(handle: int, limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise HeldElsewhere from None
            time.sleep(_LOOK_S)
        else:
            return
