"""Commands and how they ended, as values."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Stop = Callable[[], str]
"""Says why what runs has to end before its time, such as "cancelled by Olga", "" while it may go on."""


def never() -> str:
    """Let it run to its end: a `Stop`."""
    return ""


Hide = Callable[[str], str]
"""Takes out of a text what people who read it are not to know."""


def nothing_hidden(text: str) -> str:
    """Leave a text as it is: a `Hide`."""
    return text


class Stopped(Exception):  # noqa: N818  an outcome, not an error
    """What ran was ended by its `Stop`, whose words these are; nothing of it is left."""


class Ending(StrEnum):
    """How a command came to its end."""

    EXITED = "EXITED"
    SIGNALLED = "SIGNALLED"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"
    NOT_STARTED = "NOT_STARTED"
    CUT_OFF = "CUT_OFF"


@dataclass(frozen=True)
class Identity:
    """A user of this machine, as whom a service runs; `home` is its private folder for this service."""

    name: str
    uid: int
    gid: int
    home: Path


@dataclass(frozen=True)
class Command:
    """A line for /bin/sh. `env` is the whole environment (nothing is inherited); it never appears in argv.

    Output goes to `log` (appended), at most `log_max_bytes` of it; the rest is read and thrown away. Times in seconds.
    `run_as` is the user's name, None for golive's own. `stop` is asked several times a second. The log has the output as
    it was written; what is told of it has gone through `hide`.
    """

    line: str
    cwd: Path
    log: Path
    limit_s: float
    env: Mapping[str, str] = field(default_factory=dict)
    log_max_bytes: int = 10_000_000
    nice: int = 15
    run_as: str | None = None
    stop: Stop = never
    hide: Hide = nothing_hidden


@dataclass(frozen=True)
class Finished:
    """What became of a command. `tail` are the last lines of its output, `truncated` the bytes that were not kept."""

    ending: Ending
    exit_code: int | None
    seconds: float
    tail: str
    truncated: int = 0
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        return self.ending is Ending.EXITED and self.exit_code == 0

    @property
    def words(self) -> str:
        """Say how it ended, in one sentence."""
        if self.ending is Ending.EXITED:
            return exit_words(self.exit_code or 0)
        return self.reason


_KNOWN = {
    126: "the command cannot be executed (exit code 126)",
    127: "the command was not found (exit code 127)",
    137: "it was killed, perhaps for lack of memory (exit code 137)",
    143: "it was ended from outside (exit code 143)",
}


def exit_words(code: int) -> str:
    """Say what an exit code means."""
    return _KNOWN.get(code) or ("it succeeded" if code == 0 else f"it ended with exit code {code}")


def signal_words(number: int) -> str:
    """Say what a deadly signal means."""
    name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
    why = ", perhaps for lack of memory" if number == signal.SIGKILL else ""
    return f"it was killed by {name}{why}"


def last_lines(text: str, hide: Hide, lines: int = 20, width: int = 400) -> str:
    """Return the end of an output for messages, without control characters and what is to be hidden."""
    clean = "".join(c if c.isprintable() or c in "\n\t" else "" for c in text)
    return "\n".join(line[:width] for line in hide(clean).rstrip().splitlines()[-lines:])
