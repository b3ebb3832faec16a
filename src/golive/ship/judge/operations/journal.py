"""Everything a judge was told, in order, so that its decisions can be made again bit by bit.

One JSON document per line: first the judge as it stood when it began, then each switch and each turn with what it
decided then; last, where that grew too long, since when nothing was kept. Each line has a hash over it and the one before:
that of the newest line is recorded with each decision, so that a journal that was changed is known.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from golive.kernel.clock import Clock
from golive.kernel.log import get_logger
from golive.ship.judge.domain import Action, Attempt, Fault, Probe
from golive.ship.judge.queries import JOURNAL, LARGEST, chained, journal_path, noted

logger = get_logger(__name__)


class Journal:
    """`offset` is what the session's image covers: what a dead process wrote after it is cut off.

    `most` is how many bytes it may have, but for the end of a turn. `mark` is {} where its hash is not known.
    """

    def __init__(self, release: str, clock: Clock, most: int = LARGEST) -> None:
        self.path: Path = journal_path(release)
        self.offset, self.mark = 0, dict[str, Any]()
        self._clock, self._most = clock, most
        self._open = False

    def begin(self, image: dict[str, Any]) -> None:
        """Start anew from the judge's state."""
        began = self._clock.now().isoformat()
        self.offset, self.mark = 0, {"began": began, "bytes": 0, "sha256": ""}
        self._open = True
        with self._or_none():
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.write_bytes(b"")
        if self._open:
            self._write({"start": image, "began": began})

    def go_on(self) -> None:
        """Forget what another process wrote after the image."""
        if self.path.exists() and self.path.stat().st_size > self.offset:
            with self.path.open("r+b") as file:
                file.truncate(self.offset)

    def switch(self, *arguments: float | str) -> None:
        """Note a change of weights."""
        self._note({"switch": list(arguments)})
        self._end_when_full()

    def turn(
        self,
        t: float,
        attempts: Sequence[Attempt],
        probes: Sequence[Probe],
        faults: Sequence[Fault],
        counters: dict[str, float],
    ) -> None:
        """Note one second."""
        self._note({"turn": [t, attempts, probes, faults, counters]})

    def decided(self, actions: Sequence[Action]) -> None:
        """Note what the judge said to the turn that was noted last."""
        if self._open and (decisions := noted(actions)):
            self._write({"decided": decisions})
        self._end_when_full()

    def _note(self, entry: dict[str, Any]) -> None:
        self._open = self.offset < self._most
        if self._open:
            self._write(entry)

    def _end_when_full(self) -> None:
        if self._open and self.offset >= self._most:
            self._write({"full": self._clock.now().isoformat()})

    def _write(self, entry: dict[str, Any]) -> None:
        if not self.path.parent.exists():
            return
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        with self._or_none():
            with self.path.open("ab") as file:
                file.write(line)
            self.offset += len(line)
            if self.mark:
                self.mark = {**self.mark, "bytes": self.offset, "sha256": chained(self.mark["sha256"], line)}

    @contextmanager
    def _or_none(self) -> Iterator[None]:
        """A full disk costs the journal and no judgement; one with a gap would judge otherwise, so there is none then."""
        try:
            yield
        except OSError as error:
            logger.warning("journal_given_up", path=str(self.path), reason=str(error))
            self.offset, self.mark, self._open = max(self._most, LARGEST), {}, False
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
