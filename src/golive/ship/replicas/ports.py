"""The port to the machinery that keeps processes alive."""

from typing import Protocol

from golive.kernel.problems import NotFound, Problem
from golive.ship.replicas.domain import ProcessSpec, ProcessState, Readiness


class NoSuchProcess(NotFound):
    """No process of this id was ever started here."""

    slug = "no-such-process"
    title = "There is no such process"


class CannotStart(Problem):
    """The keeper itself did not come up; `detail` says why."""

    slug = "cannot-start"
    title = "The process could not be started"
    status = 503


class ProcessKeeper(Protocol):
    """Starts processes that outlive their starter, and finds them again."""

    def start(self, spec: ProcessSpec) -> ProcessState:
        """Start it, replacing an earlier run of the same id. Returns when a keeper holds it. Raises CannotStart."""
        ...

    def ensure(self, spec: ProcessSpec) -> ProcessState:
        """Start it unless it already runs by this very spec; a changed spec restarts it."""
        ...

    def stop(self, process_id: str, *, grace_s: float | None = None) -> ProcessState:
        """SIGTERM, wait at most the grace, SIGKILL the whole group and what escaped it; no-op when stopped.

        `grace_s` can only shorten the grace of the spec.         Raises NoSuchProcess.
        """
        ...

    def state(self, process_id: str) -> ProcessState:
        """Return what is known now. Raises NoSuchProcess."""
        ...

    def list(self) -> tuple[ProcessState, ...]:
        """Return all that were ever started and not forgotten, by id."""
        ...

    def adopt(self) -> tuple[ProcessState, ...]:
        """After a restart of the starter: return the living, and kill what dead keepers left behind."""
        ...

    def forget(self, process_id: str) -> None:
        """Stop it and delete its spec and state; its logs stay."""
        ...

    def kill_strays(self) -> int:
        """Kill processes tagged by a keeper that no longer lives; return how many."""
        ...

    def free_port(self) -> int:
        """Return a loopback TCP port that nobody listens on and that was not given out before lately."""
        ...

    def wait_ready(
        self,
        process_id: str,
        *,
        port: int,
        path: str | None,
        limit_s: float,
        host: str = "localhost",
    ) -> Readiness:
        """Wait until GET `path` answers 2xx (None: until TCP connects), the process failed, or `limit_s` is over.

        `host` is the Host header, for applications that insist on theirs.
        """
        ...
