"""Processes in memory: started, crashed and made ready by the test's word."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from golive.ship.replicas.domain import Phase, ProcessSpec, ProcessState, Readiness
from golive.ship.replicas.ports import CannotStart, NoSuchProcess


@dataclass
class FakeKeeper:
    """`unready` and `unstartable` say, by process id, why, and `down` which checks its answers name; `stopped` is the
    order in which things were stopped.
    """

    specs: dict[str, ProcessSpec] = field(default_factory=dict)
    states: dict[str, ProcessState] = field(default_factory=dict)
    unready: dict[str, str] = field(default_factory=dict)
    unstartable: dict[str, str] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    down: dict[str, frozenset[str]] = field(default_factory=dict)
    judge_readiness: Callable[[ProcessSpec], str] = lambda _: ""
    next_pid: int = 1000
    next_port: int = 20_000

    def start(self, spec: ProcessSpec) -> ProcessState:
        if spec.id in self.unstartable:
            raise CannotStart(f"{spec.id}: {self.unstartable[spec.id]}")
        self.next_pid += 2
        self.specs[spec.id] = spec
        self.states[spec.id] = ProcessState(
            id=spec.id,
            phase=Phase.RUNNING,
            alive=True,
            keeper_pid=self.next_pid,
            keeper_start=1,
            pid=self.next_pid + 1,
            pid_start=1,
            labels=dict(spec.labels),
        )
        return self.states[spec.id]

    def ensure(self, spec: ProcessSpec) -> ProcessState:
        found = self.states.get(spec.id)
        same = self.specs.get(spec.id) == spec
        if found and same and (found.alive or (spec.one_shot and found.phase is Phase.STOPPED)):
            return found
        return self.start(spec)

    def stop(self, process_id: str, *, grace_s: float | None = None) -> ProcessState:
        found = self.state(process_id)
        if found.alive:
            self.stopped.append(process_id)
            self.states[process_id] = replace(
                found, phase=Phase.STOPPED, alive=False, pid=None, pid_start=None, last_exit=0
            )
        return self.states[process_id]

    def state(self, process_id: str) -> ProcessState:
        try:
            return self.states[process_id]
        except KeyError:
            raise NoSuchProcess(f"no process {process_id} was started here") from None

    def list(self) -> tuple[ProcessState, ...]:
        return tuple(self.states[process_id] for process_id in sorted(self.states))

    def adopt(self) -> tuple[ProcessState, ...]:
        return tuple(state for state in self.list() if state.alive)

    def forget(self, process_id: str) -> None:
        if process_id in self.states:
            self.stop(process_id)
            del self.states[process_id], self.specs[process_id]

    def kill_strays(self) -> int:
        return 0

    def free_port(self) -> int:
        self.next_port += 1
        return self.next_port

    def wait_ready(
        self,
        process_id: str,
        *,
        port: int,
        path: str | None,
        limit_s: float,
        host: str = "localhost",
    ) -> Readiness:
        state = self.state(process_id)
        reason = self.unready.get(process_id) or self.judge_readiness(self.specs[process_id])
        if not state.alive:
            reason = f"the process is {state.phase}: {state.reason or 'it was stopped'}"
        down = self.down.get(process_id, frozenset()) if reason else frozenset()
        return Readiness(ready=not reason, reason=reason, after_s=limit_s if reason else 0.1, down=down)

    def crash(self, process_id: str, *, times: int = 1, code: int = 1) -> None:
        """Let it crash and come back so many times in a row."""
        found = self.state(process_id)
        self.next_pid += 1
        self.states[process_id] = replace(
            found,
            pid=self.next_pid,
            restarts=found.restarts + times,
            crashes_in_a_row=found.crashes_in_a_row + times,
            last_exit=code,
            reason=f"exit {code}",
        )

    def lose(self, process_id: str) -> None:
        """Let its keeper be killed."""
        found = self.state(process_id)
        self.states[process_id] = replace(found, phase=Phase.FAILED, alive=False, pid=None, reason="its keeper is gone")
