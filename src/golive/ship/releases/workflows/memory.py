"""The judge's session of a release: in this process while it holds the lease, in the job's checkpoint for the next."""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from golive.kernel.config import settings
from golive.kernel.durable import Job
from golive.ship.judge.domain import CheckpointError, Config
from golive.ship.judge.operations import Session
from golive.ship.releases.workflows.turn import Turn

ATTEMPTS: Final = "attempts.json"  # the edge's log of single tries


@dataclass
class _Kept:
    owner: str
    fence: int
    session: Session
    turns: int = 0


_kept: dict[str, _Kept] = {}
_lock = threading.Lock()


class JobClock:
    """The worker's clock, by the job."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def now(self) -> datetime:
        return self._job.now()

    def monotonic(self) -> float:
        return self._job.monotonic()


def begin(turn: Turn, old: str) -> Session:
    """Start a judge that compares the release with `old` ("" for none)."""
    policy, release = turn.policy, turn.release
    migration = release.facts.get("migration", {})
    changed = migration.get("ran") and migration.get("schema_changed") is not False
    session = Session.begin(
        new=release.pk,
        old=old,
        site=turn.site,
        log=settings().edge / ATTEMPTS,
        clock=JobClock(turn.job),
        config=Config(slo_error=policy.slo_error, slo_ms=policy.slo_ms, probes=policy.probes),
        site_host=policy.host,
        migrated_at=datetime.fromisoformat(migration["at"]) if changed else None,
    )
    return keep(turn.job, release.pk, session)


def recall(turn: Turn) -> Session | None:
    """Return the session of the release, from this process or the checkpoint; None when there is none to be had."""
    job, key = turn.job, turn.release.pk
    with _lock:
        kept = _kept.get(key)
    if kept and (kept.owner, kept.fence) == (job.owner, job.fence):
        return kept.session
    image = job.checkpoint.get("session")
    if not image:
        return None
    try:
        session = Session.restore(image, log=settings().edge / ATTEMPTS, clock=JobClock(job))
    except CheckpointError:
        return None
    return keep(job, key, session)


def keep(job: Job, key: str, session: Session) -> Session:
    """Remember a session for this owner's next turn."""
    forget(key)
    with _lock:
        _kept[key] = _Kept(job.owner, job.fence, session)
    return session


def forget(key: str) -> None:
    """Let a session go."""
    with _lock:
        kept = _kept.pop(key, None)
    if kept:
        kept.session.close()


def checkpoint(session: Session, job: Job) -> dict[str, Any]:
    """Return the job's checkpoint with the session in it."""
    return {**job.checkpoint, "session": session.image()}


def save_now_and_then(turn: Turn, session: Session) -> None:
    """Save the session at every second turn: at most two seconds are judged again after a death."""
    with _lock:
        kept = _kept.get(turn.release.pk)
    if kept is None:
        return
    kept.turns += 1
    if kept.turns % 2 == 0:
        turn.job.save(checkpoint(session, turn.job))
