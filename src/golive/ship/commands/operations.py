"""As whom a service runs: decided here alone, None for golive's own user."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from golive.kernel.ports import the
from golive.ship.commands.domain import Identity, Stop, Stopped, never
from golive.ship.commands.ports import CommandRunner, Users

_LOOK_S = 0.1


@contextmanager
def alone(lock: Path, stop: Stop = never) -> Iterator[None]:
    """Be the only one in this block, of all processes and threads of this machine; the lock ends with its process.

    Raises Stopped when it is to wait no longer.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        while not _locked(handle.fileno()):
            if why := stop():
                raise Stopped(why)
            time.sleep(_LOOK_S)  # noqa: TID251  flock(2) either blocks or is asked again
        yield


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def identity(service: str, run_as: str | None) -> Identity | None:
    """Return as whom the builds, gates, commands and processes of a service run. Raises RunAsRefused."""
    return the(Users).identity(run_as, service) if run_as else None


def acting(who: Identity | None) -> AbstractContextManager[None]:
    """Touch files with the rights of `who`, in this thread and this block alone: no state, no new threads in it."""
    return the(Users).acting(who) if who else nullcontext()


def lend(tree: Path, who: Identity | None) -> None:
    """Make a tree that only golive could enter the user's, and the way to it passable. Raises RunAsRefused."""
    if who:
        the(Users).lend(tree, who)


def environment(who: Identity | None) -> dict[str, str]:
    """Return the clean environment of commands, with the private HOME and caches of `who`."""
    return dict(the(CommandRunner).environment(who.home if who else None))
