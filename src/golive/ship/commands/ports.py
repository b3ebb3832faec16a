"""The port to the machinery that runs commands."""

from collections.abc import Mapping
from typing import Protocol

from golive.ship.commands.domain import Command, Finished


class CommandRunner(Protocol):
    """Runs commands to their end; whatever they started is gone when `run` returns."""

    def run(self, command: Command) -> Finished:
        """Run it and wait. All failures, also of starting it, are told in the result; never raises for them.

        The command and all its descendants end at the limit, or when the caller's process dies.
        """
        ...

    def environment(self) -> Mapping[str, str]:
        """Return the clean environment of commands: tools, language, caches and package indexes; no secrets of golive."""
        ...

    def toolchain(self) -> Mapping[str, str]:
        """Return names and versions of the tools that commands find first, such as {"python": "3.11.7"}."""
        ...
