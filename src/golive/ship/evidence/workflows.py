"""Gathering as durable work: a first look at once, a second when late rows have arrived (mission: evidence in 10 s)."""

from datetime import datetime, timedelta

from golive.kernel.durable import Done, Job, Outcome, Wait, handler
from golive.ship.evidence import operations, queries
from golive.ship.releases import queries as releases

KIND = "ship.evidence"
SECOND_LOOK = timedelta(seconds=4)  # the edge's log and the apps' spans are in the store by then
PATIENCE = timedelta(days=1)  # with a store that is away: its rows are kept for longer


@handler(KIND, max_attempts=6, urgent=True)
def gather(job: Job) -> Outcome:
    """Look, keep what was found, look once more; keep the better-informed second look.

    A store that cannot be asked is asked again, more and more rarely.
    """
    release = releases.release(job.key)
    known = job.checkpoint.get("pulled_at")
    # It may be resumed by now, or pulled anew.
    pulled_at = release.pulled_at or (datetime.fromisoformat(known) if known else job.now())
    body, commits, problem = operations.look(release, pulled_at, job.now())
    with job.transaction():
        operations.keep(release, pulled_at=pulled_at, body=body, commits=commits, problem=problem)
        job.save({**job.checkpoint, "pulled_at": pulled_at.isoformat()})
    age = job.now() - pulled_at
    if not body and age < PATIENCE:
        return Wait(job.now() + max(SECOND_LOOK, age / 2))
    if job.checkpoint.get("looked") or not body:
        return Done({"sentence": ((found := queries.of(job.key)) and found.sentence) or ""})
    job.save({**job.checkpoint, "looked": True})
    return Wait(job.now() + SECOND_LOOK)
