"""Reading verdicts and the judge at work."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

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

JOURNAL = ".jsonl"


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
class Replayed:
    """A judge that was told everything again; `decisions` are what the engine would have been asked to do."""

    decisions: list[Action]
    seconds: int


def journal_path(release: str) -> Path:
    """Return where everything that the judge of a release was told is kept."""
    return settings().home / "judge" / f"{release}{JOURNAL}"


def replay(release: str) -> Replayed | None:
    """Judge a release again from its journal; None when there is none, or not of this version of the judge."""
    path = journal_path(release)
    if not path.exists():
        return None
    decisions: list[Action] = []
    seconds, judge = 0, None
    with path.open("rb") as file:
        for line in file:
            entry = json.loads(line)
            if "start" in entry:
                try:
                    judge = Judge.load(entry["start"])
                except CheckpointError:
                    return None
            elif judge is None:
                return None
            elif "switch" in entry:
                t, share, reason, at_least, at_most = entry["switch"]
                judge.switch(t, share, reason, at_least=at_least, at_most=at_most)
            else:
                decisions += _again(judge, entry["turn"])
                seconds += 1
    return Replayed(decisions, seconds)


def _again(judge: Judge, turn: list[Any]) -> list[Action]:
    t, attempts, probes, faults, counters = turn
    for attempt in attempts:
        judge.observe(Attempt(*attempt))
    for probe in probes:
        judge.observe(Probe(*probe))
    for fault in faults:
        judge.observe(Fault(*fault))
    judge.counters(t, counters)
    return [action for action in judge.tick(t) if action.kind is not ActionKind.PROBE]
