"""Run the gates of a release."""

from dataclasses import dataclass

from golive.ship.artifacts.domain import Artifact
from golive.ship.gates.queries import GateRun
from golive.ship.services.domain.manifest import Manifest


@dataclass(frozen=True)
class GateReport:
    """All gates of a release; `passed` only when every one of them did."""

    passed: bool
    runs: tuple[GateRun, ...]


def run_all(*, release: str, service: str, artifact: Artifact, manifest: Manifest) -> GateReport:
    """Run the gates that have no valid proof, independent ones at once; blocks until all are done.

    Called again for the same release it keeps what is finished and runs the rest (idempotent).
    """
    raise NotImplementedError
