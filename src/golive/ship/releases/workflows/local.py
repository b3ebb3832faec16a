"""The target on this machine: artifacts, gates, databases and replicas of golive itself."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from golive.kernel.config import parse_toml, settings
from golive.kernel.problems import NotFound, Problem
from golive.ship.artifacts import operations as artifacts
from golive.ship.artifacts import queries as built
from golive.ship.artifacts.domain import Artifact
from golive.ship.commands.domain import Ending, Stop, Stopped, never
from golive.ship.databases import operations as databases
from golive.ship.databases import queries as data
from golive.ship.gates import operations as gates
from golive.ship.gates.domain import GateState
from golive.ship.releases.ports import Built, Check, Facts, Proof, Subject
from golive.ship.replicas import operations as replicas
from golive.ship.replicas import queries as running
from golive.ship.replicas.domain import ReleaseRef, RunningReplica
from golive.ship.services.domain.manifest import Manifest
from golive.ship.traffic.domain import Replica

VERIFY_LIMIT_S = 300.0


def manifest_of(subject: Subject) -> Manifest:
    """Return the golive.toml of the release."""
    return parse_toml(Manifest, subject.manifest, "golive.toml")


class LocalTarget:
    """Implements Target by golive's own capabilities."""

    def build(self, subject: Subject, stop: Stop = never) -> Built:
        artifact = self._make(subject, stop)
        return Built(artifact.digest, artifact.seconds, artifact.reused)

    def prove(self, subject: Subject, stop: Stop = never) -> Proof:
        report = gates.run_all(
            release=subject.id,
            service=subject.service,
            artifact=self._artifact(subject, stop),
            manifest=manifest_of(subject),
            stop=stop,
        )
        rows = tuple(
            {"name": run.name, "state": run.state.value, "seconds": run.seconds, "reused": run.reused, "why": run.why}
            for run in report.runs
        )
        bad = [
            f"{run.name}: {(run.why or run.state.value.lower()).rstrip('.')}"
            for run in report.runs
            if run.state is not GateState.PASS
        ]
        return Proof(report.passed, rows, "; ".join(bad))

    def boot(self, subject: Subject, environment: str) -> tuple[Replica, ...]:
        return _replicas(
            replicas.boot(
                release=_ref(subject),
                environment=environment,
                artifact=self._artifact(subject),
                manifest=manifest_of(subject),
            )
        )

    def ensure(self, subject: Subject, environment: str) -> tuple[Replica, ...]:
        return _replicas(
            replicas.ensure(
                release=_ref(subject),
                environment=environment,
                artifact=self._artifact(subject),
                manifest=manifest_of(subject),
            )
        )

    def verify(self, subject: Subject, environment: str, address: str, stop: Stop = never) -> tuple[Check, ...]:
        manifest = manifest_of(subject)
        checks = []
        for n, command in enumerate(manifest.environment(environment).verify, 1):
            done = replicas.run_once(
                release=_ref(subject),
                environment=environment,
                artifact=self._artifact(subject, stop),
                manifest=manifest,
                command=f"export GOLIVE_URL={shlex.quote(address)}; {command}",
                log=self._log(subject, f"verify-{n}"),
                limit_s=VERIFY_LIMIT_S,
                stop=stop,
            )
            if done.ending is Ending.STOPPED:
                raise Stopped(done.reason)
            why = "" if done.succeeded else f"{done.words}. {done.tail}".strip()
            checks.append(Check(command, done.succeeded, why))
        return tuple(checks)

    def surroundings(self, subject: Subject, environment: str) -> tuple[Path, dict[str, str], str | None]:
        """Return the folder, the environment and the user (None: golive's own) for a command of a person in a release that runs here."""
        return replicas.surroundings(
            release=_ref(subject),
            environment=environment,
            artifact=self._artifact(subject),
            manifest=manifest_of(subject),
        )

    def start_workers(self, subject: Subject, environment: str) -> None:
        manifest = manifest_of(subject)
        if manifest.workers:
            replicas.start_workers(
                release=_ref(subject), environment=environment, artifact=self._artifact(subject), manifest=manifest
            )

    def back_up(self, subject: Subject, environment: str) -> Facts:
        row = databases.back_up(
            service=subject.service,
            environment=environment,
            manifest=manifest_of(subject),
            reason=f"before {subject.version}",
        )
        if row is None:
            return Facts(done=False)
        return Facts(True, {"backup": row.id, "size": row.size, "seconds": row.seconds})

    def migrate(self, subject: Subject, environment: str) -> Facts:
        facts = databases.migrate(
            release=_ref(subject),
            environment=environment,
            artifact=self._artifact(subject),
            manifest=manifest_of(subject),
            log=self._log(subject, f"migrate-{environment}"),
        )
        return Facts(bool(facts.get("ran")), dict(facts))

    def stop(self, release: str, environment: str, *, grace_s: float) -> None:
        replicas.stop_workers(release=release, environment=environment)
        replicas.stop(release=release, environment=environment, grace_s=grace_s)

    def clear_away(self, subject: Subject, why: str) -> bool:
        artifacts.forget_cut_off()
        return gates.give_up(release=subject.id, why=why)

    def faults(self, release: str, environment: str, *, at_once: bool = False) -> Sequence[tuple[str, str]]:
        return [(one.replica, one.kind.value) for one in running.faults(release, environment, at_once=at_once)]

    def tail(self, subject: Subject, replica: str) -> str:
        return running.tail(replica, subject.service)

    def written_elsewhere(self, release: str, environment: str) -> Sequence[str]:
        return running.stray_writes(release, environment)

    def rollback_means(self, service: str, environment: str, old: str, new: str) -> str:
        return data.what_rollback_means(service, environment, old, new)

    def _artifact(self, subject: Subject, stop: Stop = never) -> Artifact:
        if not subject.digest:
            raise Problem(f"{subject.version} is not built yet.")
        try:
            return built.artifact(subject.digest)
        except NotFound:
            return self._built_again(subject, stop)

    def _built_again(self, subject: Subject, stop: Stop) -> Artifact:
        """Build an artifact that was pruned; only the very one that passed the gates may serve."""
        artifact = self._make(subject, stop)
        if artifact.digest != subject.digest:
            raise Problem(
                f"The artifact of {subject.version} was pruned, and the tools that build it changed since.",
                hint="Deploy the revision again: what is built then passes its gates first.",
            )
        return artifact

    def _make(self, subject: Subject, stop: Stop) -> Artifact:
        return artifacts.build(
            service=subject.service,
            revision=subject.revision,
            manifest=manifest_of(subject),
            log=self._log(subject, "build"),
            stop=stop,
        )

    def _log(self, subject: Subject, name: str) -> Path:
        folder = settings().logs / "releases" / subject.id
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / f"{name}.log"


def _ref(subject: Subject) -> ReleaseRef:
    return ReleaseRef(subject.id, subject.version, subject.service)


def _replicas(found: Sequence[RunningReplica]) -> tuple[Replica, ...]:
    return tuple(Replica(one.id, one.host, one.port) for one in found if one.process == "web")
