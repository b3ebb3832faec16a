"""A subscriber that failed is called again as durable work, until it succeeds or a person looks at the dead letter."""

from golive.kernel.durable import Done, Job, enqueue, handler
from golive.kernel.events.announcing import on_failed_delivery, redeliver

KIND = "events.redeliver"


@handler(KIND, max_attempts=12)
def again(job: Job) -> Done:
    """Call the subscriber for the event."""
    redeliver(job.payload["event"], job.payload["subscriber"])
    return Done()


def start() -> None:
    """Enqueue a call for every delivery that fails from now on."""
    on_failed_delivery(_enqueue)


def _enqueue(event_id: int, subscriber: str) -> None:
    enqueue(
        KIND,
        key=f"{event_id}:{subscriber}"[:160],
        payload={"event": event_id, "subscriber": subscriber},
    )
