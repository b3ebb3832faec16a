"""Gathering as durable work: a first look at once, a second when late rows have arrived (mission: evidence in 10 s)."""

from datetime import timedelta

from golive.kernel import clock
from golive.kernel.durable import Done, Job, Outcome, Wait, handler
from golive.ship.evidence import operations, queries
from golive.ship.releases import queries as releases

KIND = "ship.evidence"
SECOND_LOOK = timedelta(seconds=4)  # the edge's log and the apps' spans are in the store by then


@handler(KIND, max_attempts=6, urgent=True)
def gather(job: Job) -> Outcome:
    """Look, keep what was found, look once more; keep the better-informed second look."""
    release = releases.release(job.key)
    body, commits, problem = operations.look(release)
    with job.transaction():
        operations.keep(
            release,
            pulled_at=release.pulled_at or clock.now(),
            body=body,
            commits=commits,
            problem=problem,
        )
    if job.checkpoint.get("looked"):
        return Done({"sentence": ((found := queries.of(job.key)) and found.sentence) or ""})
    job.save({"looked": True})
    return Wait(job.now() + SECOND_LOOK)
