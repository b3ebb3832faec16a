"""Read gate runs and their logs."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from golive.kernel.problems import NotFound
from golive.ship.gates.domain import GateState
from golive.ship.gates.models import Run

PIECE = 65_536


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
    return [row(run) for run in Run.objects.filter(release=release)]


def run(run_id: str) -> GateRun:
    """Return one run. Raises NotFound."""
    found = Run.objects.filter(pk=run_id).first()
    if found is None:
        raise NotFound(f"There is no gate run {run_id[:60]!r}.")
    return row(found)


def log(run_id: str, offset: int = 0) -> Output:
    """Return at most 64 KiB of a run's output, live. Raises NotFound."""
    found = run(run_id)
    at = max(0, offset)
    try:
        with found.log_path.open("rb") as file:
            file.seek(at)
            piece = file.read(PIECE)
    except OSError:
        piece = b""
    over = found.state is not GateState.RUNNING and len(piece) < PIECE
    if not over:
        piece = _whole_characters(piece)
    return Output(piece.decode(errors="replace"), at + len(piece), over)


def last_piece(run_id: str) -> int:
    """Return the byte offset at which the end of a run's output begins that `log` gives at once. Raises NotFound."""
    try:
        return max(0, run(run_id).log_path.stat().st_size - PIECE + 1)
    except OSError:
        return 0


def row(run: Run) -> GateRun:
    """Return a run as a value."""
    return GateRun(
        id=run.pk,
        release=run.release,
        name=run.name,
        command=run.command,
        state=GateState(run.state),
        exit_code=run.exit_code,
        started_at=run.started_at,
        seconds=run.seconds,
        log_path=Path(run.log_path),
        reused=run.reused,
        expires_at=run.expires_at,
        summary=run.summary,
        why=run.why,
        digest=run.digest,
    )


def _whole_characters(piece: bytes) -> bytes:
    """Leave out a UTF-8 character that was cut at the end; the next piece has it whole."""
    for back in range(1, min(4, len(piece)) + 1):
        byte = piece[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return piece[:-back] if needed > back else piece
    return piece
