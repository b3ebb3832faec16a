"""Start, keep and stop the web replicas of a release."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress

from golive.kernel.log import get_logger
from golive.kernel.ports import the
from golive.kernel.problems import Problem
from golive.ship.artifacts.domain import Artifact
from golive.ship.artifacts.operations import prune
from golive.ship.replicas import queries
from golive.ship.replicas.domain import (
    Phase,
    ProcessSpec,
    ProcessState,
    Readiness,
    ReleaseRef,
    RunningReplica,
)
from golive.ship.replicas.operations import sites
from golive.ship.replicas.operations.hints import why_not_ready
from golive.ship.replicas.operations.specs import process_id, spec
from golive.ship.replicas.ports import NoSuchProcess, ProcessKeeper
from golive.ship.services.domain.manifest import Manifest

logger = get_logger(__name__)


class BootFailed(Problem):
    """A replica did not get ready; the facts have `replica`, `tail` (last log lines)."""

    slug = "boot-failed"
    title = "The release does not start"
    status = 422


def boot(*, release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest) -> list[RunningReplica]:
    """Start the web replicas and return them once all are ready; idempotent. Workers are not started.

    Raises BootFailed, after it has stopped what it started, SecretMissing, SiteFailed and CannotStart.
    """
    specs = _start_web(release, environment, artifact, manifest)
    if not specs:
        return []
    limit = manifest.health.timeout.total_seconds()
    with ThreadPoolExecutor(len(specs)) as pool:
        answers = list(pool.map(lambda one: _wait_ready(one, manifest, limit), specs))
    for one, answer in zip(specs, answers, strict=True):
        if not answer.ready:
            failure = _explain(one, answer)
            stop(release=release.id, environment=environment, grace_s=2.0)
            raise failure
    logger.info(
        "release_booted",
        release=release.id,
        environment=environment,
        seconds=round(max(answer.after_s for answer in answers), 2),
    )
    prune(in_use=queries.digests_in_use())
    return queries.running(release.id, environment)


def ensure(*, release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest) -> list[RunningReplica]:
    """Start again what died with its keeper, on the same ports; waits for no readiness. Cheap when all live.

    Workers are started again where this release has them: those that `stop_workers` took from it are forgotten.
    """
    _start_web(release, environment, artifact, manifest)
    if manifest.workers:
        start_missing(release, environment, artifact, manifest, manifest.workers, again=True)
    return queries.running(release.id, environment)


def stop(*, release: str, environment: str, grace_s: float) -> None:
    """Stop all processes of a release at this place and remove its working tree; idempotent."""
    end_all(queries.processes(release, environment), grace_s=grace_s)
    sites.clear(release, environment)


def end_all(states: Sequence[ProcessState], *, grace_s: float) -> None:
    """Stop processes at the same time and forget them, so that `ensure` brings none of them back."""

    def end(state: ProcessState) -> None:
        with suppress(NoSuchProcess):
            the(ProcessKeeper).stop(state.id, grace_s=grace_s)
            # Who is just about to start it again has either seen it before this, and it is stopped here, or never does.
            with _starting(state.labels["release"], state.labels["environment"]):
                the(ProcessKeeper).forget(state.id)

    if states:
        with ThreadPoolExecutor(len(states)) as pool:
            list(pool.map(end, states))


def start_missing(
    release: ReleaseRef,
    environment: str,
    artifact: Artifact,
    manifest: Manifest,
    processes: tuple[str, ...],
    *,
    again: bool = False,
) -> list[ProcessSpec]:
    """Start the replicas of some process types that do not live; return the specs of all of them.

    `again`: only those that were started before and not forgotten since.
    """
    app = sites.lay(release, environment, artifact, manifest)
    keeper = the(ProcessKeeper)
    specs = []
    # Two that boot at once must not give one replica two ports.
    with _starting(release.id, environment):
        known = {state.id: state for state in queries.processes(release.id, environment)}
        for process in processes:
            for number in range(1, manifest.replicas(environment, process) + 1):
                state = known.get(process_id(release.id, environment, process, number))
                if again and state is None:
                    continue
                port = _port(state) if process == "web" else None
                one = spec(release, environment, app, manifest, process=process, number=number, port=port)
                specs.append(one)
                if state is None or not state.alive or state.phase in {Phase.STOPPED, Phase.FAILED}:
                    keeper.start(one)
    return specs


def _starting(release: str, environment: str) -> AbstractContextManager[None]:
    folder = queries.site_folder(release, environment)
    return sites.alone(folder.with_name(f"{folder.name}.boot"))


def _start_web(release: ReleaseRef, environment: str, artifact: Artifact, manifest: Manifest) -> list[ProcessSpec]:
    web = tuple(name for name in manifest.processes if name == "web")
    return start_missing(release, environment, artifact, manifest, web)


def _port(state: ProcessState | None) -> int:
    """Return the replica's own port: the edge may have it configured already."""
    if state is not None and state.labels.get("port"):
        return int(state.labels["port"])
    return the(ProcessKeeper).free_port()


def _wait_ready(one: ProcessSpec, manifest: Manifest, limit_s: float) -> Readiness:
    return the(ProcessKeeper).wait_ready(
        one.id, port=int(one.labels["port"]), path=manifest.health.ready, limit_s=limit_s
    )


def _explain(one: ProcessSpec, answer: Readiness) -> BootFailed:
    end = queries.tail(one.id, one.labels["service"])
    with suppress(NoSuchProcess):
        hint = why_not_ready(the(ProcessKeeper).state(one.id), int(one.labels["port"]), end)
        return BootFailed(
            f"{_name(one)}: {answer.reason}.\n{end}".rstrip(),
            hint=hint,
            replica=one.id,
            tail=end,
            reason=answer.reason,
        )
    return BootFailed(f"{_name(one)}: {answer.reason}.", replica=one.id, tail=end, reason=answer.reason)


def _name(one: ProcessSpec) -> str:
    """Return what people call a replica: web 1 in staging."""
    return f"{one.labels['process']} {one.id.rpartition('-')[2]} in {one.labels['environment']}"
