"""Processes as values: what to run, and what became of it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

PROCESS_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,150}")


class Phase(StrEnum):
    """Where a kept process is."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    BACKOFF = "BACKOFF"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Limits:
    """Ceilings of one process tree; None leaves the system's own. Memory in bytes, CPU in cores."""

    memory_bytes: int | None = None
    cpus: float | None = None
    open_files: int | None = 4096
    processes: int | None = None


@dataclass(frozen=True)
class ProcessSpec:
    """What to run and how to look after it. Times in seconds.

    `env` is the whole environment of the process (nothing is inherited); it may hold secrets, the
    spec file is 0600 and they never appear in argv. `max_restarts` None restarts for ever; a number
    gives up (FAILED) after so many crashes in a row without `healthy_after_s` of life between.
    `one_shot` processes are not started again when they exit with 0.
    """

    id: str
    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    run_as: str | None = None
    grace_s: float = 10.0
    backoff_first_s: float = 0.2
    backoff_max_s: float = 30.0
    healthy_after_s: float = 10.0
    max_restarts: int | None = None
    log_max_bytes: int = 10_000_000
    log_keep: int = 3
    line_max_bytes: int = 16_384
    limits: Limits = Limits()
    one_shot: bool = False

    def __post_init__(self) -> None:
        if not PROCESS_ID.fullmatch(self.id):
            raise ValueError(f"{self.id!r} is no process id")
        if not self.argv:
            raise ValueError(f"process {self.id} has nothing to run")


@dataclass(frozen=True)
class ProcessState:
    """What is known of a kept process. Start times are clock ticks since boot: with the pid they name a process.

    `restarts` counts all of them, `crashes_in_a_row` those without a healthy time between;
    `alive` says that the keeper itself lives. `last_exit` is an exit code, or minus a signal.
    """

    id: str
    phase: Phase
    alive: bool
    keeper_pid: int | None = None
    keeper_start: int | None = None
    pid: int | None = None
    pid_start: int | None = None
    restarts: int = 0
    crashes_in_a_row: int = 0
    last_exit: int | None = None
    since: float = 0.0
    reason: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def crash_looping(self) -> bool:
        """Three crashes in a row are no accident."""
        return self.crashes_in_a_row >= 3

    @property
    def last_end(self) -> str:
        """How its last run ended, also while the next one goes on; "" when none has."""
        if self.reason or self.last_exit is None:
            return self.reason
        return f"signal {-self.last_exit}" if self.last_exit < 0 else f"exit {self.last_exit}"


@dataclass(frozen=True)
class Readiness:
    """Whether a process answers; `reason` says why not; `after_s` how long it took to know.

    `down` are the checks that each answer of a process that is not ready named as down.
    """

    ready: bool
    reason: str
    after_s: float
    down: frozenset[str] = frozenset()


def checks_down(body: bytes) -> frozenset[str]:
    """Return the checks that an answer of golive-app's shape names as down; none of any other answer."""
    try:
        checks = json.loads(body)["checks"]
        return frozenset(name for name, check in checks.items() if check["status"] == "down")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return frozenset()


@dataclass(frozen=True)
class ReleaseRef:
    """A release as its processes know it."""

    id: str
    version: str
    service: str


@dataclass(frozen=True)
class RunningReplica:
    """A replica that takes requests on a loopback port; the id is `<release>-<environment>-<process>-<n>`."""

    id: str
    host: str
    port: int
    process: str


class FaultKind(StrEnum):
    """What can be wrong with a replica."""

    CRASH_LOOP = "crash_loop"
    READINESS_LOST = "readiness_lost"
    DATABASE_CONNECTION = "database_connection"  # it is not ready, as its own check of the database says
    GONE = "gone"


@dataclass(frozen=True)
class ReplicaFault:
    """Something wrong with a replica since a moment; `detail` says it in words."""

    kind: FaultKind
    replica: str
    since: datetime
    detail: str
