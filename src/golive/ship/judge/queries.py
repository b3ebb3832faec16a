"""Reading verdicts and the judge at work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from golive.ship.judge.domain import CheckpointError, Judge
from golive.ship.judge.models import Verdict


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
    policy: dict[str, Any]
    requests: tuple[str, ...]
    first_bad_at: datetime | None
    failed_units: int
    latency_ms: float | None


def verdicts(release: str) -> list[VerdictView]:
    """Return the decisions about a release, oldest first."""
    return [
        VerdictView(
            row.pk, row.release, row.at, row.decision, row.reason, row.sentence, row.numbers, row.policy,
            tuple(row.requests), row.first_bad_at, row.failed_units, row.latency_ms,
        )
        for row in Verdict.objects.filter(release=release).defer("image", "explanation")
    ]  # fmt: skip


def explanation(release: str, image: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what the judge knows now by its session's image, else what it knew at its last decision."""
    if image:
        try:
            return Judge.load(image["judge"]).explain()
        except (CheckpointError, KeyError, TypeError):
            pass  # written by another version: the last decision still stands
    last = Verdict.objects.filter(release=release).order_by("-pk").first()
    return dict(last.explanation) if last else None


def replayable(verdict: int) -> dict[str, Any] | None:
    """Return the judge's whole state at a decision, for `Judge.load`."""
    row = Verdict.objects.filter(pk=verdict).first()
    return dict(row.image) if row else None
