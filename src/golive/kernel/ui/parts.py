"""What the shared components take: small frozen facts that a page fills and a template shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from golive.kernel.ui.draw import State
from golive.kernel.ui.draw.bars import Part
from golive.kernel.ui.plots import Plot


@dataclass(frozen=True)
class Consequence:
    """One line of a confirmation: `Will serve`, `1.4.2, both replicas warm`."""

    what: str
    then: str


@dataclass(frozen=True)
class Act:
    """Something a person can do: a button that posts to `path`, after a dialog when it has consequences.

    `verb` is the whole button (`Roll back to 1.4.2`), `keep` the button that does nothing (`Keep 1.5.0 at 10 %`). `fields` are
    hidden values. `refused` says why it cannot be done now.
    """

    key: str
    verb: str
    path: str
    main: bool = False
    danger: bool = False
    question: str = ""
    says: str = ""
    consequences: Sequence[Consequence] = ()
    keep: str = "Cancel"
    fields: Sequence[tuple[str, str]] = ()
    refused: str = ""
    method: str = "post"


@dataclass(frozen=True)
class Tab:
    """A part of a page with its own address; `count` is said beside the name."""

    name: str
    path: str
    here: bool = False
    count: str = ""


@dataclass(frozen=True)
class Moment:
    """A line of a timeline. `state` chooses the sign; `detail` is a second, quieter line."""

    at: datetime
    says: str
    detail: str = ""
    state: State | None = None
    path: str = ""
    who: str = ""


@dataclass(frozen=True)
class Need:
    """Something that asks for a person, with the one thing to press."""

    says: str
    detail: str
    verb: str
    path: str
    state: State = "moving"
    main: bool = False


@dataclass(frozen=True)
class Empty:
    """Nothing here: why, and what makes it come. `command` is shown as code that can be copied."""

    says: str
    detail: str = ""
    command: str = ""
    verb: str = ""
    path: str = ""


@dataclass(frozen=True)
class Step:
    """A step of a beginning: what to do, why, the command or the page for it, and whether it is done."""

    says: str
    detail: str
    command: str = ""
    verb: str = ""
    path: str = ""
    done: bool = False


@dataclass(frozen=True)
class Fact:
    """A figure and what it measures."""

    name: str
    value: str
    mono: bool = False


@dataclass(frozen=True)
class Chip:
    """A filter in force; `without` is the address of the same view without it."""

    name: str
    value: str
    without: str = ""


@dataclass(frozen=True)
class LogLine:
    """One log record. `level` is the word the app used; `state` follows from it."""

    at: datetime
    level: str
    body: str
    release: str = ""
    state: State | None = None
    path: str = ""


@dataclass(frozen=True)
class Span:
    """One row of a waterfall; `start` and `width` are shares (0..1) of the whole trace."""

    name: str
    start: float
    width: float
    took_ms: float
    depth: int = 0
    detail: str = ""
    kind: str = ""
    state: State | None = None


@dataclass(frozen=True)
class Pattern:
    """A log pattern: the text with `{}` where values differ, how many lines, and since when it is known."""

    count: int
    pieces: Sequence[tuple[str, bool]]  # (text, whether it is a value)
    since: str = ""
    state: State | None = None
    path: str = ""


@dataclass(frozen=True)
class Pair:
    """One reading beside a chart: whose, the figure, of how many."""

    name: str
    value: str
    detail: str = ""
    state: State | None = None
    thin: bool = False


@dataclass(frozen=True)
class Staff:
    """A row of the score: who on the left, when in the middle, how much on the right."""

    name: str
    detail: str = ""
    plot: Plot | None = None
    pairs: Sequence[Pair] = ()
    big: str = ""
    unit: str = ""
    says: Sequence[str] = ()
    traffic: Sequence[Part] = ()


@dataclass(frozen=True)
class Question:
    """A stream of the judge, asked in words, with the weight of its evidence."""

    asks: str
    detail: str
    weight: float
    state: State = "moving"
