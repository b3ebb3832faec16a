"""Keeping verdicts: enough to show and to explain them."""

from dataclasses import asdict
from datetime import datetime

from golive.ship.judge.domain import Action
from golive.ship.judge.models import Verdict
from golive.ship.judge.operations.session import Session


def keep_verdict(*, release: str, session: Session, action: Action, at: datetime) -> int:
    """Keep a decision in the surrounding transaction and return its id."""
    row = Verdict.objects.create(
        release=release,
        at=at,
        decision=action.kind.value,
        reason=action.reason,
        sentence=action.sentence,
        numbers=dict(action.numbers),
        policy=asdict(session.judge.standing.config),
        explanation=session.judge.explain(),
        requests=list(session.requests),
        first_bad_at=session.first_bad_at,
        failed_units=session.failed_units,
    )
    return row.pk


def set_latency(*, verdict: int, latency_ms: float) -> None:
    """Note how long it took from the decision to the edge's confirmation."""
    Verdict.objects.filter(pk=verdict).update(latency_ms=latency_ms)
