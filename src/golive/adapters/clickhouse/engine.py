"""The one process that owns the data directory: its lock, its connections, its schema.

chDB allows one process per directory and reports a second one without a word, hangs children forked
after it was opened, and crashes at exit while a connection is open. The engine answers all three: an
own lock, no fork ever, and `close` before the interpreter ends.
"""

import contextlib
import ctypes
import fcntl
import os
import queue
import re
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

from golive.adapters.clickhouse import otlp_schema, schema
from golive.adapters.clickhouse.config import StoreConfig
from golive.adapters.clickhouse.dialect import literal
from golive.adapters.clickhouse.library import chdb
from golive.kernel.problems import Problem

WRITERS: Final = 4
VIEWERS: Final = 2
SIGNALS: Final = 3
_SETTINGS = re.compile(r"\s+settings\s+(?=\w+\s*=)", re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)")

_MIB: Final = 1 << 20
_SERVER: Final = {
    "mark_cache_size": 64 * _MIB,
    "index_mark_cache_size": 32 * _MIB,
    "primary_index_cache_size": 64 * _MIB,
    "text_index_tokens_cache_size": 32 * _MIB,
    "text_index_header_cache_size": 32 * _MIB,
    "text_index_postings_cache_size": 64 * _MIB,
    "query_condition_cache_size": 16 * _MIB,
    "compiled_expression_cache_size": 16 * _MIB,
    "memory_worker_period_ms": 1000,
}
"""Settings of the engine as a whole: by itself it keeps caches of gigabytes and looks at its memory 20 times a second."""

_COMMON_LIMITS: Final = {
    "max_threads": "2",
    "max_result_bytes": str(256 << 20),
    "prefer_localhost_replica": "1",
    "log_queries": "0",
    "max_temporary_data_on_disk_size_for_query": str(1 << 30),
}
_WRITER_LIMITS: Final = {**_COMMON_LIMITS, "max_execution_time": "60"}
_VIEWER_LIMITS: Final = {
    **_COMMON_LIMITS,
    "max_execution_time": "15",
    "max_result_rows": "200000",
    "max_temporary_columns": "1000",
    "max_ast_elements": "20000",
    "allow_introspection_functions": "0",
    "readonly": "1",  # last: nothing can be set after it
}


class StoreLocked(Problem):
    """Another process owns the data directory; the message names it."""


class QueryFailed(Problem):
    """The engine refused a statement; `code` is ClickHouse's error code (0 when it gave none)."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Busy(Problem):
    """No connection became free in time."""


def _failure(error: Exception) -> QueryFailed:
    text = str(error)
    found = _CODE.search(text)
    start = text.find("Code:")
    return QueryFailed(text[max(start, 0) :].strip(), int(found[1]) if found else 0)


def _file_in_memory() -> int:
    """Return a file of memfd_create(2), also where Python was built without it (uv's of old, conda's)."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("insert")
    handle = int(ctypes.CDLL(None, use_errno=True).memfd_create(b"insert", 1))
    if handle < 0:
        raise OSError(ctypes.get_errno(), "memfd_create")
    return handle


class Connection:
    """One chDB connection: one statement at a time.

    `query` and `insert` raise `QueryFailed`.
    """

    def __init__(self, path: Path, server: Mapping[str, int] | None = None) -> None:
        """Connect; `server` are settings of the engine, heeded by the first connection of the process."""
        self._raw = chdb.connect(f"{path}?{urllib.parse.urlencode(server)}" if server else str(path))
        self._data = _file_in_memory()

    def query(self, sql: str, format_name: str = "TabSeparated", params: Mapping[str, str] | None = None) -> bytes:
        """Run one statement and return its result in the format."""
        try:
            result = self._raw.query(sql, format_name, params=dict(params) if params else None)
            return bytes(result.bytes() or b"") if result is not None else b""
        except Exception as error:  # chDB raises RuntimeError and its own kinds alike
            self._discard()
            raise _failure(error) from error

    def _discard(self) -> None:
        """Drop what a failed statement had already written: chDB prepends it to the next result."""
        with contextlib.suppress(Exception):
            self._raw.query("SELECT 1", "Null")

    def insert(self, statement: str, format_name: str, data: bytes) -> int:
        """Insert data in an input format; returns, once it is committed, how many rows the data had.

        The data is a file in memory: chDB's own stream (`send_insert`) hides errors of writing, such as
        those of a full disk, and reports rows that are not there.
        """
        head, *settings = _SETTINGS.split(statement, maxsplit=1)
        try:
            os.pwrite(self._data, data, 0)
            sql = (
                f"{head} FROM INFILE '/proc/self/fd/{self._data}' COMPRESSION 'none'"
                f"{''.join(f' SETTINGS {said}' for said in settings)} FORMAT {format_name}"
            )
            return int(self._raw.query(sql, "Null").rows_read())
        except Exception as error:
            raise _failure(error) from error
        finally:
            os.ftruncate(self._data, 0)

    def close(self) -> None:
        os.close(self._data)
        self._raw.close()


class Pool:
    """A fixed number of connections that were prepared alike."""

    def __init__(self, path: Path, size: int, limits: Mapping[str, str]) -> None:
        self.limits = dict(limits)
        self._size = size
        self._free: queue.LifoQueue[Connection] = queue.LifoQueue()
        for _ in range(size):
            connection = Connection(path)
            connection.query(f"USE {schema.DATABASE}")
            for name, value in limits.items():
                connection.query(f"SET {name} = {literal(value)}")
            self._free.put(connection)

    @contextlib.contextmanager
    def connection(self, timeout: float = 30.0) -> Iterator[Connection]:
        """Lend a connection; waits at most `timeout` seconds, then raises `Busy`."""
        try:
            connection = self._free.get(timeout=timeout)
        except queue.Empty as error:
            raise Busy(f"all {self._size} connections are in use") from error
        try:
            yield connection
        finally:
            self._free.put(connection)

    def close(self, timeout: float = 10.0) -> None:
        """Close all connections, waiting `timeout` seconds for each that is in use."""
        for _ in range(self._size):
            with contextlib.suppress(queue.Empty):
                self._free.get(timeout=timeout).close()


class Engine:
    """The opened store: `writers` for golive, `viewers` for SQL of people, `inserts` for ingest."""

    def __init__(self, config: StoreConfig) -> None:
        """Lock and open the data directory and bring its schema up to date.

        Raises `StoreLocked` when another process has it.
        """
        config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(config.data_dir)
        self.path = config.data_dir / "chdb"
        memory = {"max_memory_usage": str(config.max_memory_bytes)}
        disk = {
            "min_free_disk_bytes_to_perform_insert": str(config.min_free_bytes),
            # Two inserts may say the same; where they may not, as in the intake, they say so by a token.
            "deduplicate_insert": "disable",
        }
        retention = {**schema.RETENTION, **config.retention_days}
        self.retention = {table: retention[table] for table in schema.RETENTION}
        self.signals = {
            signal.name: signal
            for signal in (
                otlp_schema.traces(self.retention["otel_traces"]),
                otlp_schema.logs(self.retention["otel_logs"]),
                otlp_schema.metrics(self.retention["otel_metrics_number"]),
            )
        }
        self.table_locks = {name: threading.Lock() for name in ("otel_logs", "edge_requests", "edge_attempts")}
        whole = min(config.max_server_bytes, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2)
        # The engine ends with its last connection.
        self._first = Connection(self.path, {**_SERVER, "max_server_memory_usage": whole})
        self._prepare(self._first)
        self.writers = Pool(self.path, WRITERS, {**_WRITER_LIMITS, **memory, **disk})
        self.inserts = Pool(self.path, SIGNALS + 1, {**memory, **disk})
        self.viewers = Pool(self.path, VIEWERS, {**memory, **_VIEWER_LIMITS})

    def _prepare(self, first: Connection) -> None:
        first.query(f"CREATE DATABASE IF NOT EXISTS {schema.DATABASE}")
        first.query(f"USE {schema.DATABASE}")
        # chDB's default database shows every file of the machine as a table, also to read-only users.
        first.query("DROP DATABASE default")
        first.query("CREATE DATABASE default ENGINE = Memory")
        for statement in schema.TABLES:
            first.query(statement)
        for name in first.query(schema.UNSETTLED).decode().split():
            first.query(f"ALTER TABLE {name} {schema.SETTLE}")
        views = dict(schema.VIEWS)
        for signal in self.signals.values():
            views.update(signal.views)
            for name in signal.views:
                first.query(f"DROP VIEW IF EXISTS {name}")
            first.query(f"DROP TABLE IF EXISTS {signal.inbox} SYNC")
            first.query(signal.table)
        for name, view in views.items():
            first.query(f"DROP VIEW IF EXISTS {name}")
            first.query(f"CREATE MATERIALIZED VIEW {name} {view}")

    def close(self) -> None:
        """Close every connection and give the lock back."""
        for pool in (self.viewers, self.writers, self.inserts):
            pool.close()
        self._first.close()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _lock(directory: Path) -> int:
    descriptor = os.open(directory / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise StoreLocked(
            f"process {owner} already owns the store in {directory}; one process at a time: "
            "ask it over HTTP, or stop it first"
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor
