"""Commands of a release that run to their end."""

from pathlib import Path

from golive.kernel.ports import the
from golive.ship.artifacts.domain import Artifact
from golive.ship.commands import operations as commands
from golive.ship.commands.domain import Command, Finished, Stop, never
from golive.ship.commands.ports import CommandRunner
from golive.ship.replicas.domain import ReleaseRef
from golive.ship.replicas.operations import sites
from golive.ship.replicas.operations.specs import environment_of
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import Manifest


def surroundings(
    *, release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest
) -> tuple[Path, dict[str, str], str | None]:
    """Return folder, whole environment and user (None: golive's own) of the commands of a release.

    Raises SecretMissing, SiteFailed, RunAsRefused.
    """
    who = commands.identity(release.service, manifest.run_as)
    app = sites.lay(release, environment, artifact, manifest)
    whole = environment_of(release, environment, app, manifest)
    return app, whole, who.name if who else None


def run_once(
    *,
    release: ReleaseRef,
    environment: str,
    artifact: Artifact,
    manifest: Manifest,
    command: str,
    log: Path,
    limit_s: float,
    stop: Stop = never,
) -> Finished:
    """Run a command with the environment, data and secrets of the release (migrations, hooks), to its end.

    Raises SecretMissing; failures are in the result.
    """
    app, whole, run_as = surroundings(release=release, environment=environment, artifact=artifact, manifest=manifest)
    hide = services.redaction(release.service)
    line = Command(command, app, log, limit_s, whole, nice=0, run_as=run_as, stop=stop, hide=hide)
    return the(CommandRunner).run(line)
