"""The port to the place where releases are built, proved and run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from golive.ship.commands.domain import Stop
from golive.ship.traffic.domain import Replica


@dataclass(frozen=True)
class Subject:
    """A release as the target has to know it; `manifest` is the text of its golive.toml, `digest` "" until built."""

    id: str
    version: str
    service: str
    revision: str
    manifest: str
    digest: str = ""


@dataclass(frozen=True)
class Built:
    """The artifact that all later states use."""

    digest: str
    seconds: float
    reused: bool


@dataclass(frozen=True)
class Proof:
    """Whether every gate passed; `gates` are {name, state, seconds, reused, why}."""

    passed: bool
    gates: tuple[dict[str, Any], ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Check:
    """One answer to a verification."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True)
class Facts:
    """What a backup or a migration did, for the record; `done` is False when there was nothing to do."""

    done: bool
    facts: dict[str, Any] = field(default_factory=dict)


class Target(Protocol):
    """All calls are idempotent but `migrate`; all block; what goes wrong in a foreseen way is a Problem.

    Those with a `stop` end within seconds when it says so, leave nothing running, and raise Stopped.
    """

    def build(self, subject: Subject, stop: Stop) -> Built:
        """Build the artifact, or find it."""
        ...

    def prove(self, subject: Subject, stop: Stop) -> Proof:
        """Run the gates on the artifact that will serve."""
        ...

    def boot(self, subject: Subject, environment: str) -> tuple[Replica, ...]:
        """Start its web replicas and return them when all are ready."""
        ...

    def ensure(self, subject: Subject, environment: str) -> tuple[Replica, ...]:
        """Bring back what died with its keeper; returns where its replicas are now."""
        ...

    def verify(self, subject: Subject, environment: str, address: str, stop: Stop) -> tuple[Check, ...]:
        """Run the owner's verification commands against `address`."""
        ...

    def start_workers(self, subject: Subject, environment: str) -> None:
        """Run the workers of this release and no other's."""
        ...

    def back_up(self, subject: Subject, environment: str) -> Facts:
        """Back up and prove the backup."""
        ...

    def migrate(self, subject: Subject, environment: str) -> Facts:
        """Bring the database to this release. At most once: a second call is never made by itself."""
        ...

    def stop(self, release: str, environment: str, *, grace_s: float) -> None:
        """End its processes."""
        ...

    def clear_away(self, subject: Subject, why: str) -> bool:
        """Remove what builds and gates that were cut off left of a release that has ended; False while they still run."""
        ...

    def faults(self, release: str, environment: str, *, at_once: bool = False) -> Sequence[tuple[str, str]]:
        """Return (replica, kind) of what is wrong now; kinds: crash_loop, readiness_lost, database_connection, gone.

        `at_once`: the answer of a replica that takes long is not waited for; a later call tells it.
        """
        ...

    def tail(self, subject: Subject, replica: str) -> str:
        """Return the last lines that a replica of a release wrote, without secrets; "" when there are none."""
        ...

    def written_elsewhere(self, release: str, environment: str) -> Sequence[str]:
        """Return the files that it wrote outside of what it keeps: they are lost when it goes."""
        ...

    def rollback_means(self, service: str, environment: str, old: str, new: str) -> str:
        """Say what going from release `old` to release `new` does to the data."""
        ...


class StandIn(Protocol):
    """Does what cannot wait for an engine, while none works on the release.  mission: SHIP-6."""

    def pull(self, release: str) -> None:
        """Carry out the pull that was asked for, as soon as nobody holds the release; idempotent.

        Returns when it is done, by whomever, or after the length of a lease: then somebody who lives holds it. Raises
        EdgeRefused; then the release is out of traffic in the rows and the edge has to be told once more.
        """
        ...
