"""Read gate runs and their logs."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from golive.ship.gates.domain import GateState


@dataclass(frozen=True)
class GateRun:
    """One gate of one release. `why` explains FAIL, UNKNOWN and SKIPPED; `summary` is one line for lists."""

    id: str
    release: str
    name: str
    command: str
    state: GateState
    exit_code: int | None
    started_at: datetime
    seconds: float
    log_path: Path
    reused: bool
    expires_at: datetime | None
    summary: str
    why: str
    digest: str


@dataclass(frozen=True)
class Output:
    """A piece of a log from a byte offset; ask again from `next`; `complete` when no more will come."""

    text: str
    next: int
    complete: bool


def runs(release: str) -> list[GateRun]:
    """Return the gates of a release in the order of its golive.toml."""
    raise NotImplementedError


def log(run_id: str, offset: int = 0) -> Output:
    """Return at most 64 KiB of a run's output, live. Raises NotFound."""
    raise NotImplementedError
