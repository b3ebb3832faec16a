"""Run the processes of a release."""

from dataclasses import dataclass
from pathlib import Path

from golive.kernel.problems import Problem
from golive.ship.artifacts.domain import Artifact
from golive.ship.replicas.domain import ReleaseRef, RunningReplica
from golive.ship.services.domain.manifest import Manifest


class BootFailed(Problem):
    """A replica did not get ready; the facts have `replica`, `tail` (last log lines)."""

    slug = "boot-failed"
    title = "The release does not start"
    status = 422


@dataclass(frozen=True)
class Finished:
    """A command that ran to its end; `reason` is in words, `tail` are its last lines."""

    exit_code: int | None
    seconds: float
    reason: str
    tail: str

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0


def boot(
    *, release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest
) -> list[RunningReplica]:
    """Start the web replicas and return them once all are ready; idempotent. Workers are not started.

    Raises BootFailed, after it has stopped what it started.
    """
    raise NotImplementedError


def ensure(
    *, release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest
) -> list[RunningReplica]:
    """Start again what died with its keeper, on the same ports; waits for no readiness. Cheap when all live."""
    raise NotImplementedError


def start_workers(
    *, release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest
) -> None:
    """Stop the workers of other releases at this place, then start this one's. Raises BootFailed."""
    raise NotImplementedError


def stop_workers(*, release: str, environment: str) -> None:
    """Stop the workers of a release; idempotent."""
    raise NotImplementedError


def stop(*, release: str, environment: str, grace_s: float) -> None:
    """Stop all processes of a release at this place and remove its working tree; idempotent."""
    raise NotImplementedError


def run_once(
    *,
    release: ReleaseRef,
    environment: str,
    artifact: Artifact,
    manifest: Manifest,
    command: str,
    log: Path,
    limit_s: float,
) -> Finished:
    """Run a command with the environment, data and secrets of the release (migrations, hooks), to its end."""
    raise NotImplementedError
