"""Workers: at any time those of one release alone, since two of them would do work twice."""

from golive.ship.artifacts.domain import Artifact
from golive.ship.replicas import queries
from golive.ship.replicas.domain import ReleaseRef
from golive.ship.replicas.operations.booting import end_all, start_missing
from golive.ship.services.domain.manifest import Manifest

GRACE_S = 10.0  # as their keepers give at most


def start_workers(*, release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest) -> None:
    """Stop the workers of other releases at this place, then start this one's; idempotent. Raises CannotStart."""
    for other in queries.releases_at(release.service, environment):
        if other != release.id:
            stop_workers(release=other, environment=environment)
    start_missing(release, environment, artifact, manifest, manifest.workers)


def stop_workers(*, release: str, environment: str) -> None:
    """Stop the workers of a release, which get 10 s to finish what they do; idempotent."""
    workers = [state for state in queries.processes(release, environment) if not state.labels.get("port")]
    end_all(workers, grace_s=GRACE_S)
