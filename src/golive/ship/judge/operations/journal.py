"""Everything a judge was told, in order, so that its decisions can be made again bit by bit.

One JSON document per line: first the judge as it stood when it began, then each switch and each turn.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from golive.kernel.log import get_logger
from golive.ship.judge.domain import Attempt, Fault, Probe
from golive.ship.judge.queries import JOURNAL, journal_path

logger = get_logger(__name__)
LARGEST: Final = 256 * 1024 * 1024


class Journal:
    """`offset` is what the session's image covers: what a dead process wrote after it is cut off."""

    def __init__(self, release: str, offset: int = 0) -> None:
        self.path: Path = journal_path(release)
        self.offset = offset

    def begin(self, image: dict[str, Any]) -> None:
        """Start anew from the judge's state."""
        self.offset = 0
        with self._or_none():
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.write_bytes(b"")
        self._write({"start": image})

    def go_on(self) -> None:
        """Forget what another process wrote after the image."""
        if self.path.exists() and self.path.stat().st_size > self.offset:
            with self.path.open("r+b") as file:
                file.truncate(self.offset)

    def switch(self, *arguments: float | str) -> None:
        """Note a change of weights."""
        self._write({"switch": list(arguments)})

    def turn(
        self,
        t: float,
        attempts: Sequence[Attempt],
        probes: Sequence[Probe],
        faults: Sequence[Fault],
        counters: dict[str, float],
    ) -> None:
        """Note one second."""
        self._write({"turn": [t, attempts, probes, faults, counters]})

    def _write(self, entry: dict[str, Any]) -> None:
        if self.offset >= LARGEST or not self.path.parent.exists():
            return
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        with self._or_none():
            with self.path.open("ab") as file:
                file.write(line)
            self.offset += len(line)

    @contextmanager
    def _or_none(self) -> Iterator[None]:
        """A full disk costs the journal and no judgement; one with a gap would judge otherwise, so there is none then."""
        try:
            yield
        except OSError as error:
            logger.warning("journal_given_up", path=str(self.path), reason=str(error))
            self.offset = LARGEST
            with suppress(OSError):
                self.path.unlink()


def forget_journals(*, but: Collection[str], most_bytes: int) -> int:
    """Remove the oldest journals until all together have at most `most_bytes`, but those of some releases.

    Returns how many went: the verdicts stay, only they cannot be judged again any more.
    """
    found = sorted(journal_path("x").parent.glob(f"*{JOURNAL}"), key=lambda path: -path.stat().st_mtime)
    total = gone = 0
    for path in found:
        total += path.stat().st_size
        if total > most_bytes and path.name.removesuffix(JOURNAL) not in but:
            total -= path.stat().st_size
            path.unlink()
            gone += 1
    return gone
