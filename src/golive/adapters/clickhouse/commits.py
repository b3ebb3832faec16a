"""Group commit: many requests, one insert, and an answer only once the rows are in the table."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from golive.adapters.clickhouse.engine import Busy, Engine, QueryFailed
from golive.adapters.clickhouse.otlp_schema import Signal
from golive.adapters.clickhouse.protobuf import varint
from golive.kernel.log import get_logger
from golive.kernel.problems import Problem

log = get_logger(__name__)

_DISK_FULL: Final = 243
_SHORT: Final = frozenset({0, 74, 75, 76, 159, 160, 173, 202, 209, 210, 236, 241, _DISK_FULL, 252, 394, 439})
_DAMAGED: Final = frozenset({40, 49, 60, 81, 107, 319, 425, 481, 1000, 1001, 1002})
_TRANSIENT: Final = _SHORT | _DAMAGED
"""ClickHouse codes of a store that is short of something, cannot write or misses a part; all others blame the request."""


class QueueFull(Problem):
    """So much waits for its commit that no more is taken."""


@dataclass(eq=False)
class Pending:
    """A request body on its way into the table. `error` is None after a commit."""

    body: bytes
    done: threading.Event = field(default_factory=threading.Event)
    error: QueryFailed | None = None

    @property
    def blamed(self) -> bool:
        """Say whether the body itself is at fault, rather than the store."""
        return self.error is not None and self.error.code not in _TRANSIENT

    @property
    def refused(self) -> str:
        """Say in words why the store could not take it; empty after a commit."""
        if self.error is None:
            return ""
        full = self.error.code == _DISK_FULL or "No space left on device" in str(self.error)
        return "the disk of the store is full" if full else "the store cannot write now"


def framed(bodies: list[bytes]) -> bytes:
    """Return messages, each behind its length as a varint (ClickHouse format Protobuf)."""
    return b"".join(part for body in bodies for part in (varint(len(body)), body))


class Committer:
    """The queue and the thread of one signal."""

    def __init__(
        self,
        engine: Engine,
        signal: Signal,
        *,
        queue_bytes: int,
        batch_bytes: int,
        flush_seconds: float,
    ) -> None:
        self._engine = engine
        self._signal = signal
        self._statement = signal.insert
        self._limit = queue_bytes
        self._batch = batch_bytes
        self._flush = flush_seconds
        self._waiting: deque[Pending] = deque()
        self._bytes = 0
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"commit-{signal.name}")
        self._thread.start()

    def submit(self, body: bytes) -> Pending:
        """Queue a body that is known to be a message.

        Raises `QueueFull` when the queue has no room for it.
        """
        pending = Pending(body)
        with self._wake:
            if self._stopping or (self._waiting and self._bytes + len(body) > self._limit):
                raise QueueFull(f"{self._bytes} bytes of {self._signal.name} wait for their commit")
            self._waiting.append(pending)
            self._bytes += len(body)
            self._wake.notify()
        return pending

    def withdraw(self, pending: Pending) -> bool:
        """Take a body back whose sender will not wait any longer; False when its commit has begun."""
        with self._wake:
            if pending not in self._waiting:
                return False
            self._waiting.remove(pending)
            self._bytes -= len(pending.body)
        return True

    def close(self) -> None:
        """Commit what was accepted, then end the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._stopping)
                if not self._waiting:
                    return
                # Company makes a commit cheap: a small insert costs as much as a large one.
                self._wake.wait_for(lambda: self._stopping or self._bytes >= self._batch // 2, timeout=self._flush)
                batch = self._take()
            try:
                self._commit(batch)
            except Exception as error:  # without this thread nobody would commit, and nobody would know
                log.exception("commit_failed", signal=self._signal.name)
                self._answer(batch, QueryFailed(str(error), 0))

    def _take(self) -> list[Pending]:
        batch: list[Pending] = []
        size = 0
        while self._waiting and (not batch or size + len(self._waiting[0].body) <= self._batch):
            batch.append(self._waiting.popleft())
            size += len(batch[-1].body)
        self._bytes -= size
        return batch

    def _commit(self, batch: list[Pending]) -> None:
        if not batch:
            return
        try:
            self._insert(batch)
        except QueryFailed as error:
            if len(batch) == 1 or error.code in _TRANSIENT:
                log.warning(
                    "telemetry_refused",
                    signal=self._signal.name,
                    code=error.code,
                    reason=str(error)[:300],
                    requests=len(batch),
                )
                self._answer(batch, error)
            else:
                middle = len(batch) // 2
                self._commit(batch[:middle])
                self._commit(batch[middle:])
        else:
            self._answer(batch, None)

    @staticmethod
    def _answer(batch: list[Pending], error: QueryFailed | None) -> None:
        for pending in batch:
            pending.error = error
            pending.done.set()

    def _insert(self, batch: list[Pending]) -> None:
        data = framed([pending.body for pending in batch])
        lock = self._engine.table_locks.get(f"otel_{self._signal.name}")
        try:
            with self._engine.inserts.connection() as connection:
                if lock is None:
                    connection.insert(self._statement, "Protobuf", data)
                else:
                    with lock:
                        connection.insert(self._statement, "Protobuf", data)
        except Busy as error:
            raise QueryFailed(str(error), 202) from error
