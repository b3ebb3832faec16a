"""As whom a service runs: decided here alone, None for golive's own user."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from golive.kernel.ports import the
from golive.ship.commands.domain import Identity
from golive.ship.commands.ports import CommandRunner, Users


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
