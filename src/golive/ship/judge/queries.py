"""Reading verdicts and the judge at work."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from golive.kernel.config import settings
from golive.ship.judge.domain import (
    Action,
    ActionKind,
    Attempt,
    CheckpointError,
    Fault,
    Judge,
    Probe,
)
from golive.ship.judge.models import Verdict

JOURNAL: Final = ".jsonl"
LARGEST: Final = 256 * 1024 * 1024
"""Bytes of a journal, but for the end of its last turn."""


@dataclass(frozen=True)
class VerdictView:
    """A decision that was carried out; `latency_ms` until the edge confirmed, None when nothing had to move."""

    id: int
    release: str
    at: datetime
    decision: str
    reason: str
    sentence: str
    numbers: dict[str, Any]
    requests: tuple[str, ...]
    first_bad_at: datetime | None
    failed_units: int
    latency_ms: float | None


def verdicts(release: str) -> list[VerdictView]:
    """Return the decisions about a release, oldest first."""
    return [
        VerdictView(
            row.pk,
            row.release,
            row.at,
            row.decision,
            row.reason,
            row.sentence,
            row.numbers,
            tuple(row.requests),
            row.first_bad_at,
            row.failed_units,
            row.latency_ms,
        )
        for row in Verdict.objects.filter(release=release).defer("policy", "explanation")
    ]


def explanation(release: str, image: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what the judge knows now by its session's image, else what it knew at its last decision."""
    if image:
        try:
            return Judge.load(image["judge"]).explain()
        except (CheckpointError, KeyError, TypeError):
            pass  # written by another version: the last decision still stands
    last = Verdict.objects.filter(release=release).order_by("-pk").first()
    return dict(last.explanation) if last else None


@dataclass(frozen=True)
class Mark:
    """What a journal was when something was recorded: how long, and the hash of its last line. `where` that is recorded."""

    began: str
    bytes: int
    sha256: str
    where: str


@dataclass(frozen=True)
class Replayed:
    """A judge that was told everything again; `decisions` are what the engine would have been asked to do.

    `noted` are the decisions of then. The journal holds what was said from `began` on, up to `full_at` where it grew too long.
    """

    decisions: list[dict[str, Any]]
    noted: list[dict[str, Any]]
    seconds: int
    began: datetime
    full_at: datetime | None = None


class NotReplayable(Exception):  # noqa: N818  what it is, not whose fault
    """A journal cannot be judged by; `changed`: it is not what golive wrote."""

    def __init__(self, sentence: str, *, changed: bool = False) -> None:
        super().__init__(sentence)
        self.changed = changed


def journal_path(release: str) -> Path:
    """Return where everything that the judge of a release was told is kept."""
    return settings().home / "judge" / f"{release}{JOURNAL}"


def chained(before: str, line: bytes) -> str:
    """Return the hash of a line of a journal after the one with the hash `before`."""
    return hashlib.sha256(before.encode() + line).hexdigest()


def noted(actions: Sequence[Action]) -> list[dict[str, Any]]:
    """Return decisions as a journal has them: JSON, without the words."""
    kept = [action for action in actions if action.kind is not ActionKind.PROBE]
    rows = [{"t": a.t, "decision": a.kind.value, "reason": a.reason, "numbers": dict(a.numbers)} for a in kept]
    return list(json.loads(json.dumps(rows)))


def replay(release: str, marks: Sequence[Mark] = ()) -> Replayed:
    """Judge a release again from its journal, which must fit `marks`. Raises NotReplayable."""
    path = journal_path(release)
    if not path.exists():
        raise NotReplayable("Nothing is kept of what its judge was told.")
    if marks:
        newest = max(mark.began for mark in marks)  # a judge whose memory was lost began anew
        _check(path, sorted((mark for mark in marks if mark.began == newest), key=lambda mark: mark.bytes))
    try:
        with path.open("rb") as file:
            return _told_again(file)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise NotReplayable("The journal of what its judge was told is damaged.", changed=True) from error


def _check(path: Path, marks: Sequence[Mark]) -> None:
    """Raise NotReplayable for a journal that has not the hash of a mark where the mark says."""
    due, at, head = list(marks), 0, ""
    with path.open("rb") as file:
        for line in file:
            at, head = at + len(line), chained(head, line)
            while due and due[0].bytes <= at:
                mark = due.pop(0)
                if (mark.bytes, mark.sha256) != (at, head):
                    words = f"The journal of what its judge was told was changed: it does not fit {mark.where}."
                    raise NotReplayable(words, changed=True)
    if due:
        words = f"The journal of what its judge was told was cut: {due[0].where} knows more of it."
        raise NotReplayable(words, changed=True)


def _told_again(lines: Iterable[bytes]) -> Replayed:
    decisions: list[dict[str, Any]] = []
    then: list[dict[str, Any]] = []
    seconds, full_at = 0, None
    whole = (json.loads(line) for line in lines if line.endswith(b"\n"))  # the last may be half written
    start: dict[str, Any] = next(whole, {})
    try:
        judge = Judge.load(start["start"])
    except CheckpointError as error:
        raise NotReplayable("Its judge was of another version, whose journal this one cannot judge by.") from error
    for entry in whole:
        if "switch" in entry:
            t, share, reason, at_least, at_most = entry["switch"]
            judge.switch(t, share, reason, at_least=at_least, at_most=at_most)
        elif "turn" in entry:
            decisions += noted(_again(judge, entry["turn"]))
            seconds += 1
        elif "decided" in entry:
            then += entry["decided"]
        else:
            full_at = datetime.fromisoformat(entry["full"])
    return Replayed(decisions, then, seconds, datetime.fromisoformat(start["began"]), full_at)


def _again(judge: Judge, turn: list[Any]) -> list[Action]:
    t, attempts, probes, faults, counters = turn
    for attempt in attempts:
        judge.observe(Attempt(*attempt))
    for probe in probes:
        judge.observe(Probe(*probe))
    for fault in faults:
        judge.observe(Fault(*fault))
    judge.counters(t, counters)
    return judge.tick(t)
