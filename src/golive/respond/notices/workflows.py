"""Sending notices. They are not urgent: the threads that are kept for pages stay free for pages."""

from datetime import timedelta

from golive.kernel.durable import Done, Job, Outcome, handler
from golive.respond.channels.operations import hand_over
from golive.respond.notices import domain, operations, queries


@handler(operations.NOTICE, lease=timedelta(seconds=6))
def send(job: Job) -> Outcome:
    """Send one notice, then mark it."""
    found = queries.queued(job.key)
    if found is None:
        return Done()
    channel, message = found
    return hand_over(
        job,
        channel=channel,
        message=message,
        patience=domain.PATIENCE,
        taken=lambda receipt, at: operations.record_accepted(job.key, receipt, at=at),
        refused=lambda why, final, _at: operations.record_failed(job.key, why, final=final),
    )
