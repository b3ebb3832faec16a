"""Durable work: jobs in the state database that survive the death of whoever runs them.

A job is claimed by a lease with a fence number. Its owner renews the lease while it works; when the owner dies or
freezes, another takes over with a higher fence, and every later write of the old owner is refused. Steps leave a
record, waits hold no thread, failures are retried with backoff and end as dead letters that a person may revive.

Names that need Django's models are resolved on first use, so that this package can be imported by app loading.
"""

from typing import TYPE_CHECKING, Any

from golive.kernel.durable.outcomes import Again, Done, Outcome, Wait
from golive.kernel.durable.registry import Backoff, every, handler

if TYPE_CHECKING:
    from golive.kernel.durable.job import Job, LeaseLost, StepFailed, StepUnknown
    from golive.kernel.durable.operations import enqueue, forget, forget_closed, revive, settle_step, wake
    from golive.kernel.durable.taking import taken
    from golive.kernel.durable.worker import Worker

__all__ = [
    "Again",
    "Backoff",
    "Done",
    "Job",
    "LeaseLost",
    "Outcome",
    "StepFailed",
    "StepUnknown",
    "Wait",
    "Worker",
    "enqueue",
    "every",
    "forget",
    "forget_closed",
    "handler",
    "revive",
    "settle_step",
    "taken",
    "wake",
]


def __getattr__(name: str) -> Any:
    """Return a name of this package's modules that need Django's models."""
    if name not in __all__:
        raise AttributeError(name)
    from golive.kernel.durable import job, operations, taking, worker

    for module in (job, operations, taking, worker):
        if name in module.__dict__:
            return module.__dict__[name]
    raise AttributeError(name)
