"""A datagram socket per worker process in `run/`, so that new work starts in a millisecond; a poll is the safety net."""

import contextlib
import errno
import os
import select
import socket
from pathlib import Path

_LONGEST_PATH = 100  # sun_path holds 108 bytes (unix(7))


class WakeSocket:
    """`run/wake-<pid>-<n>.sock`: workers wait here, `nudge` knocks."""

    _count = 0

    def __init__(self, directory: Path) -> None:
        WakeSocket._count += 1
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / f"wake-{os.getpid()}-{WakeSocket._count}.sock"
        self.path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        with _Address(self.path) as address:
            self._socket.bind(address)
        self.path.chmod(0o600)
        self._bell, self._rope = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._bell.setblocking(False)
        self._rope.setblocking(False)

    def ring(self) -> None:
        """Wake this socket's own waiter, from another thread."""
        with contextlib.suppress(OSError):  # full: it is awake anyway; closed: it has stopped
            self._rope.send(b"!")

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` for a nudge or a ring and swallow all that have come; True for a nudge."""
        readable, _, _ = select.select([self._socket, self._bell], [], [], max(seconds, 0))
        for one in readable:
            with contextlib.suppress(BlockingIOError):
                while True:
                    one.recv(16)
        return self._socket in readable

    def close(self) -> None:
        for one in (self._socket, self._bell, self._rope):
            one.close()
        self.path.unlink(missing_ok=True)


def nudge(directory: Path) -> None:
    """Wake every worker of this machine; sockets of dead processes are removed, full ones are awake anyway."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as knocker:
        knocker.setblocking(False)
        for path in directory.glob("wake-*.sock"):
            try:
                with _Address(path) as address:
                    knocker.sendto(b"!", address)
            except OSError as error:
                if error.errno == errno.ECONNREFUSED:
                    path.unlink(missing_ok=True)


class _Address:
    """The socket's path, or a short way to it through the open directory when it is too long for the kernel."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._directory = -1

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) < _LONGEST_PATH:
            return str(self._path)
        self._directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._directory}/{self._path.name}"

    def __exit__(self, *_exc: object) -> None:
        if self._directory >= 0:
            os.close(self._directory)
