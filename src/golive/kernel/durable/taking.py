"""One job in the hands of somebody who is no worker, for as long as a `with` block lasts."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from django.db import connections

from golive.kernel import clock as clocks
from golive.kernel.clock import Clock
from golive.kernel.durable import leases
from golive.kernel.durable.job import Job
from golive.kernel.durable.registry import registry
from golive.kernel.log import get_logger

logger = get_logger(__name__)


@contextmanager
def taken(kind: str, *, key: str, owner: str, clock: Clock = clocks.system) -> Generator[Job | None]:
    """Lease the open job of this kind and key as a worker named `owner` would; None while it has another owner.

    Nothing else decides than the lease: a worker that lives renews its own, so its job cannot be had. The lease is
    renewed until the block ends and then given back, so that any worker goes on at once.
    """
    length = registry.handlers[kind].lease
    rows = leases.claim(owner, {kind: length}, now=clock.now(), limit=1, key=key)
    if not rows:
        yield None
        return
    job = Job(rows[0], clock)
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(length.total_seconds() / 3):
            try:
                leases.renew(job.id, job.fence, until=clock.now() + length)
            except Exception:  # the database may be away for a while; the fence still decides
                logger.exception("lease_not_renewed", kind=kind, key=key)
        connections.close_all()

    heart = threading.Thread(target=renew, daemon=True)
    heart.start()
    try:
        yield job
    finally:
        ended.set()
        heart.join()
        leases.give_back(job.id, job.fence, now=clock.now())
