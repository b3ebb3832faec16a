"""Telling a story chapter by chapter, to its table and its exit status, whatever goes wrong."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from rich.console import Console

from bench.machine import machine
from demo.facts import ReleaseFacts, Step, print_table
from golive.kernel.problems import Problem

ALL_HELD, NOT_HELD, INTERRUPTED = 0, 1, 130  # exit statuses

SILENCE = 30.0  # seconds of waiting without news after which that is said
Say = Callable[[str], None]
Chapter = tuple[str, Callable[[], str]]


class Tale(Protocol):
    """What can be told."""

    steps: list[Step]
    releases: list[ReleaseFacts]

    def tell(self) -> bool:
        """Whether all of it held."""

    def stay(self) -> None:
        """Keep everything running until Ctrl-C."""

    def end(self) -> None:
        """Leave nothing behind."""


class News:
    """Says what is heard while somebody waits: each thing once, and every half minute that nothing has changed."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.last = ""
        self._since = self._said = 0.0

    def hear(self, state: str, sentence: str, now: float) -> None:
        if sentence != self.last:
            self.last, self._since, self._said = sentence, now, now
            self._say(f"    {state.lower().replace('_', ' ')}: {sentence}")
        elif now - self._said >= SILENCE:
            self._said = now
            self._say(f"    {state.lower().replace('_', ' ')}, for {now - self._since:.0f} s")


def tell(chapters: Sequence[Chapter], say: Say, steps: list[Step]) -> bool:
    """Run the chapters in order, each a step; one that fails ends the story. Returns whether all held."""
    for title, chapter in chapters:
        say(f"\n{title}")
        began = time.monotonic()
        try:
            detail, held = chapter(), True
        except Exception as trouble:  # noqa: BLE001  whatever it is: it is told, and what came before is not lost
            detail, held = _words(trouble), False
        steps.append(Step(title, held, time.monotonic() - began, detail))
        say(f"  {'ok' if held else 'FAILED'}: {detail}")
        if not held:
            return False
    return True


def perform(tale: Tale, console: Console, *, once: bool, facts: Path | None) -> int:
    """Tell, print the table, write the facts, stay unless `once`. Returns 0 only when all held."""
    status, began = INTERRUPTED, time.monotonic()
    if facts:
        facts.unlink(missing_ok=True)  # those of an earlier run would be taken for this one's
    try:
        held = tale.tell()
        status, seconds = (ALL_HELD if held else NOT_HELD), time.monotonic() - began
        if facts:
            facts.write_text(json.dumps(_facts(tale, held=held, seconds=seconds), indent=1, default=str))
        console.print()
        print_table(console, tale.steps, tale.releases)
        console.print(f"\n{'Everything held' if held else 'Something did NOT hold'}, in {seconds:.0f} s.")
        if not once:
            tale.stay()
    except KeyboardInterrupt:
        console.print("\nending everything")
    finally:
        tale.end()
    return status


def _facts(tale: Tale, *, held: bool, seconds: float) -> dict[str, object]:
    return {
        "held": held,
        "seconds": round(seconds, 1),
        "machine": machine(),
        "steps": [asdict(step) for step in tale.steps],
        "releases": [asdict(release) for release in tale.releases],
    }


def _words(trouble: Exception) -> str:
    foreseen = isinstance(trouble, Problem | AssertionError | RuntimeError | TimeoutError) and str(trouble)
    return str(trouble) if foreseen else f"{type(trouble).__name__}: {trouble}"
