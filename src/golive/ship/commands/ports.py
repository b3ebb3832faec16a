"""The ports to the machinery that runs commands, and to the users as whom they run."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from golive.kernel.problems import Problem
from golive.ship.commands.domain import Command, Finished, Identity


class RunAsRefused(Problem):
    """The service cannot run as the user that `run_as` names; `detail` says why."""

    slug = "run-as-refused"
    title = "The service cannot run as that user"
    status = 422


class CommandRunner(Protocol):
    """Runs commands to their end; whatever they started is gone when `run` returns."""

    def run(self, command: Command) -> Finished:
        """Run it and wait. All failures, also of starting it, are told in the result; never raises for them.

        The command and all its descendants end at the limit, when `command.stop` says so (its log ends with why), or
        when the caller's process dies. At the limit and for a stop they are asked first and killed seconds later.
        """
        ...

    def environment(self, home: Path | None = None) -> Mapping[str, str]:
        """Return the clean environment of commands: tools, language, caches and package indexes; no secrets of golive.

        With a `home` of another user the caches lie in there, and nothing of golive's user is named.
        """
        ...

    def toolchain(self) -> Mapping[str, str]:
        """Return names and versions of the tools that commands find first, such as {"python": "3.11.7"}."""
        ...


class Users(Protocol):
    """Users of this machine, as whom services run. An Identity is always another user than golive's own."""

    def identity(self, name: str, service: str) -> Identity | None:
        """Return the user, with a private home for the service; None for golive's own user. Raises RunAsRefused."""
        ...

    def acting(self, who: Identity) -> AbstractContextManager[None]:
        """Give this thread the user's rights to files, and none of golive's, for the length of the block."""
        ...

    def lend(self, tree: Path, who: Identity) -> None:
        """Make a tree of golive's the user's, and let others pass (not list) the folders from golive's home to it.

        No-op for a tree that is the user's already. Raises RunAsRefused for a third one's.
        """
        ...

    def seal(self, tree: Path, who: Identity) -> None:
        """Take back what was lent: golive's own, for the user to read only, hidden from others while it changes."""
        ...
