"""Read what runs, and what is wrong with it."""

from golive.ship.replicas.domain import ReplicaFault, RunningReplica


def running(release: str, environment: str) -> list[RunningReplica]:
    """Return the web replicas that were booted and not stopped, by id."""
    raise NotImplementedError


def faults(release: str, environment: str) -> list[ReplicaFault]:
    """Return crash loops, lost readiness and vanished replicas, as of now."""
    raise NotImplementedError
