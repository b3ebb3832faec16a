"""Files as telemetry: the edge's logs and the output of applications, every line exactly once.

Each row carries the file it came from and where in it. What was read is saved now and then; after a
crash the rows behind the saved offset are asked from their table and skipped, so that no line is lost
or doubled, however the process ended.
"""

import hashlib
import json
import os
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from golive.adapters.clickhouse import lines
from golive.adapters.clickhouse.dialect import literal
from golive.adapters.clickhouse.engine import Busy, Engine, QueryFailed
from golive.kernel.clock import Clock
from golive.kernel.files import replace_file
from golive.kernel.log import get_logger

log = get_logger(__name__)

POLL_SECONDS: Final = 1.0
SAVE_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 2.0
"""How long the end of a traceback, or of a rotated file without a newline, is waited for."""
CHUNK_BYTES: Final = 1 << 20
BATCH_BYTES: Final = 8 << 20
"""Rows that one insert takes: a store that was away for long catches up step by step, the edge's rows first."""
TABLES: Final = ("edge_requests", "edge_attempts", "otel_logs")
HEAD_BYTES: Final = 4096
META_FIELDS: Final = ("service", "environment", "release", "version", "process", "replica")


@dataclass
class Tail:
    """A file that is followed, by its open descriptor: renaming or deleting it loses nothing."""

    path: Path
    descriptor: int
    table: str
    meta: Mapping[str, str]
    source: str
    offset: int = 0
    recovering: bool = False
    committed: list[tuple[int, int]] = field(default_factory=list)
    grown_at: float = 0.0
    size: int = 0

    def chunk(self, moment: float) -> tuple[bytes, bool]:
        """Return bytes that were not read yet and whether they end where a committed row begins.

        `moment` is in seconds on a clock that never steps.
        """
        while self.committed and self.committed[0][0] <= self.offset:
            self.offset = max(self.offset, self.committed.pop(0)[1])
        limit = self.committed[0][0] - self.offset if self.committed else CHUNK_BYTES + 1
        size = os.fstat(self.descriptor).st_size
        if size != self.size:
            self.size, self.grown_at = size, moment
        wanted = min(limit, CHUNK_BYTES)
        data = os.pread(self.descriptor, wanted, self.offset) if size > self.offset else b""
        return data, len(data) == limit

    def patient(self, moment: float) -> bool:
        """Say whether the file grew so lately that its last lines may go on."""
        return moment - self.grown_at < PATIENCE_SECONDS


def identify(descriptor: int) -> str:
    """Return the name of a file that survives renames: inode and first line; empty without a line."""
    head = os.pread(descriptor, HEAD_BYTES, 0)
    end = head.find(b"\n")
    if end < 0 and len(head) < HEAD_BYTES:
        return ""
    first = head if end < 0 else head[:end]
    return f"{os.fstat(descriptor).st_ino:x}-{zlib.crc32(first):08x}"


def sidecar(path: Path) -> Mapping[str, str] | None:
    """Return who wrote a file, from `<file>.meta.json`; a rotated `<file>.1` has that of `<file>`."""
    stem = path.with_suffix("") if path.suffix[1:].isdigit() else path
    for candidate in (path, stem):
        try:
            fields = json.loads(candidate.with_name(candidate.name + ".meta.json").read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(fields, dict):
            return _meta(fields)
    return None


def _meta(fields: Mapping[str, Any]) -> Mapping[str, str]:
    labels = fields.get("labels")
    said = {**fields, **labels} if isinstance(labels, dict) else fields
    meta = {name: str(said.get(name) or "") for name in META_FIELDS}
    meta["replica"] = meta["replica"] or str(fields.get("id") or "")
    if not meta["service"] and said.get("part"):  # a process of golive itself
        meta |= {"service": str(said["part"]), "environment": "golive"}
    return meta


@dataclass
class Batch:
    """Rows of one table, where their files go on once they are in it, and whether there is more to read at once."""

    rows: list[bytes] = field(default_factory=list)
    ends: list[tuple[Tail, int]] = field(default_factory=list)
    more: bool = False


class Checkpoint:
    """The offsets that are known to be committed, in a file that is replaced as a whole."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "intake.json"
        self.saved_at = 0.0
        self.offsets: dict[str, int] = {}
        try:
            saved = json.loads(self._path.read_bytes())
            self.saved_at = float(saved["at"])
            self.offsets = {str(k): int(v) for k, v in saved["offsets"].items()}
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError, AttributeError):
            log.warning("checkpoint_unreadable", path=str(self._path))

    def save(self, offsets: Mapping[str, int], started: float) -> None:
        """Save; `started` is the moment of the last scan before which every row is counted here."""
        self.offsets, self.saved_at = dict(offsets), started
        replace_file(self._path, json.dumps({"at": started, "offsets": self.offsets}), durable=True)


class Intake:
    """The thread that follows the files of the edge and of the applications."""

    def __init__(self, engine: Engine, edge: Path | None, logs: Path | None, state: Path, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._edge = edge
        self._logs = logs
        self._checkpoint = Checkpoint(state)
        self._tails: dict[tuple[int, int], Tail] = {}
        self._batches: dict[str, Batch] = {}
        self._recovering = True
        self._saved: dict[str, int] = dict(self._checkpoint.offsets)
        self._save_at = clock.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intake")
        self._thread.start()

    def close(self) -> None:
        """Read what is there, save the offsets and end the thread."""
        self._stop.set()
        self._thread.join()
        for tail in self._tails.values():
            os.close(tail.descriptor)

    def _run(self) -> None:
        while True:
            stopping = self._stop.is_set()
            try:
                busy = self.scan()
            except (QueryFailed, Busy, OSError) as error:
                log.warning("intake_delayed", reason=str(error)[:300])
                busy = False
            except Exception:  # without this thread nobody would read any file, and nobody would know
                log.exception("intake_failed")
                busy = False
            if stopping:
                return
            if not busy:
                self._stop.wait(POLL_SECONDS)

    def scan(self) -> bool:
        """Take what was written since the last scan; True when there is more at once."""
        started = self._clock.now().timestamp()
        self._discover()
        more = [self._take(table, started) for table in TABLES]
        self._forget()
        self._save(started)
        return any(more)

    def _take(self, table: str, now: float) -> bool:
        """Insert what is new for a table; a batch that failed comes again as it was, and is in the table once."""
        batch = self._batches.setdefault(table, Batch())
        if not batch.ends:
            self._fill(batch, table, now)
        if batch.rows:
            self._insert(table, batch.rows)
        for tail, end in batch.ends:
            tail.offset = end
        del self._batches[table]
        return batch.more

    def _fill(self, batch: Batch, table: str, now: float) -> None:
        size = 0
        for key, tail in [(key, tail) for key, tail in self._tails.items() if tail.table == table]:
            if size >= BATCH_BYTES:
                batch.more = True
                return
            rows, end, more = self._read(tail, now)
            batch.rows += rows
            batch.ends.append((tail, end))
            batch.more |= more
            size += sum(map(len, rows))
            if more:
                self._tails[key] = self._tails.pop(key)  # the others first, next time

    def _candidates(self) -> Iterator[tuple[Path, str]]:
        if self._edge is not None:
            for name, table in (
                ("requests.json", "edge_requests"),
                ("attempts.json", "edge_attempts"),
            ):
                for path in self._edge.glob(f"{name}*"):
                    yield path, table
        if self._logs is not None:
            for path in self._logs.rglob("*"):
                if not path.name.endswith((".meta.json", ".tmp")):
                    yield path, "otel_logs"

    def _discover(self) -> None:
        for path, table in self._candidates():
            try:
                status = path.stat(follow_symlinks=False)
            except OSError:
                continue
            key = (status.st_dev, status.st_ino)
            if key in self._tails or not path.is_file() or path.is_symlink() or not status.st_size:
                continue
            meta = sidecar(path) if table == "otel_logs" else {}
            if meta is not None:
                self._follow(key, path, table, meta)
        self._recovering = False

    def _follow(self, key: tuple[int, int], path: Path, table: str, meta: Mapping[str, str]) -> None:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return
        source = identify(descriptor)
        if not source:
            os.close(descriptor)
            return
        offset = self._checkpoint.offsets.get(source, 0)
        self._tails[key] = Tail(path, descriptor, table, meta, source, offset, self._recovering)

    def _committed(self, tail: Tail) -> list[tuple[int, int]]:
        """Return the parts of a file behind the checkpoint that an earlier process committed."""
        with self._engine.inserts.connection() as connection:
            found = connection.query(
                f"SELECT Offset, Offset + Length FROM {tail.table} WHERE Source = {literal(tail.source)} "
                f"AND Offset >= {tail.offset} "
                f"AND IngestedAt >= fromUnixTimestamp64Micro({int(self._checkpoint.saved_at * 1e6)}) "
                "ORDER BY Offset"
            )
        pairs = (line.split(b"\t") for line in found.splitlines())
        return [(int(start), int(end)) for start, end in pairs]

    def _read(self, tail: Tail, now: float) -> tuple[list[bytes], int, bool]:
        """Return encoded rows, the offset behind them and whether there is more to read at once."""
        if tail.recovering:
            tail.committed, tail.recovering = self._committed(tail), False
        if os.fstat(tail.descriptor).st_size < tail.offset:
            tail.offset, tail.source, tail.committed = 0, "", []  # truncated in place: a new file
        tail.source = tail.source or identify(tail.descriptor)
        if not tail.source:
            return [], tail.offset, False
        moment = self._clock.monotonic()
        data, fenced = tail.chunk(moment)
        if not data:
            return [], tail.offset, False
        full = len(data) == CHUNK_BYTES
        complete = fenced or not (full or tail.patient(moment))
        cut = lines.split(data, tail.offset, whole=complete or (full and b"\n" not in data))
        rows, end = self._rows(tail, cut, now, complete=complete)
        if end == tail.offset and full:  # a traceback longer than a chunk is taken in parts
            rows, end = self._rows(tail, cut, now, complete=True)
        return [_encode(row, tail.source) for row in rows], end, full or fenced

    def _rows(self, tail: Tail, cut: list[lines.Line], now: float, *, complete: bool) -> tuple[list[lines.Row], int]:
        window = lines.Window(now, now - self._engine.retention[tail.table] * 86_400)
        if tail.table == "otel_logs":
            joined = list(lines.records(cut, final=complete))
            made = [lines.app_row(record, tail.meta, window) for record in joined]
            end = joined[-1].lines[0].offset + joined[-1].length if joined else tail.offset
        else:
            made = [lines.edge_row(line, window) for line in cut]
            end = cut[-1].offset + cut[-1].length if cut else tail.offset
        return [row for row in made if row is not None], end

    def _insert(self, table: str, rows: list[bytes]) -> None:
        """Insert rows into a table and what is derived from it, each once, however often this is tried.

        The views behind the table may fail when its own rows are in it already; the engine knows by the token which
        parts of the same insert it has.
        """
        data = b"\n".join(rows)
        token = hashlib.blake2b(data, digest_size=16).hexdigest()
        columns = ", ".join(json.loads(rows[0]))
        statement = (
            f"INSERT INTO otel.{table} ({columns}) "
            f"SETTINGS deduplicate_insert = 'enable', insert_deduplication_token = '{token}'"
        )
        try:
            with self._engine.inserts.connection() as connection, self._engine.table_locks[table]:
                connection.insert(statement, "JSONEachRow", data)
        except QueryFailed as error:
            if error.code not in {26, 27, 117, 130, 41, 38, 6}:
                raise
            if len(rows) == 1:
                log.warning("line_refused", table=table, reason=str(error)[:300])
                return
            middle = len(rows) // 2
            self._insert(table, rows[:middle])
            self._insert(table, rows[middle:])

    def _forget(self) -> None:
        for key, tail in list(self._tails.items()):
            status = os.fstat(tail.descriptor)
            if status.st_nlink == 0 and tail.offset >= status.st_size:
                os.close(tail.descriptor)
                del self._tails[key]
                self._checkpoint.offsets.pop(tail.source, None)  # the next file may have its inode and first line

    def _save(self, started: float) -> None:
        offsets = {tail.source: tail.offset for tail in self._tails.values()}
        moment = self._clock.monotonic()
        if offsets == self._saved or (moment < self._save_at and not self._stop.is_set()):
            return
        self._checkpoint.save(offsets, started)
        self._saved, self._save_at = offsets, moment + SAVE_SECONDS


def _encode(row: lines.Row, source: str) -> bytes:
    # A lone surrogate, which JSON can name but UTF-8 cannot say, becomes "?".
    return json.dumps({**row, "Source": source}, ensure_ascii=False).encode("utf-8", "replace")
