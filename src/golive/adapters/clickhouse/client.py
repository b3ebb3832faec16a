"""The telemetry store over the ClickHouse HTTP protocol: golive's own process or a cluster alike."""

import base64
import http.client
import json
import re
import threading
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from golive.watch.telemetry.ports import QueryRefused, StoreUnavailable

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII | re.IGNORECASE)


class ClickHouse:
    """A client with one kept connection per thread. `timeout` is in seconds.

    Values travel as parameters of the protocol, never inside the statement.
    """

    def __init__(
        self,
        port: int,
        password: str,
        *,
        user: str = "golive",
        host: str = "127.0.0.1",
        timeout: float = 30.0,
    ) -> None:
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "text/plain"}
        self._address = (host, port)
        self._timeout = timeout
        self._local = threading.local()

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        bound = {f"param_{name}": _parameter(value) for name, value in (params or {}).items()}
        answer = self._ask({**bound, "default_format": "JSONCompact"}, sql.encode())
        if not answer.strip():
            return []
        result = json.loads(answer)
        names = [column["name"] for column in result["meta"]]
        readers = [_reader(column["type"]) for column in result["meta"]]
        return [{n: read(v) for n, read, v in zip(names, readers, row, strict=True)} for row in result["data"]]

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        if not _NAME.fullmatch(table) or not all(map(_NAME.fullmatch, rows[0])):
            raise QueryRefused(f"{table!r} and its columns must be plain names")
        head = f"INSERT INTO {table} ({', '.join(rows[0])}) FORMAT JSONEachRow"
        lines = "\n".join(json.dumps(row, default=_text, ensure_ascii=False) for row in rows)
        self._ask({"query": head}, lines.encode("utf-8", "replace"))

    def ping(self) -> bool:
        """Say whether the store answers."""
        try:
            return self._request("GET", "/ping", b"")[0] == 200
        except StoreUnavailable:
            return False

    def _ask(self, fields: Mapping[str, str], body: bytes) -> bytes:
        status, answer = self._request("POST", "/?" + urllib.parse.urlencode(fields), body)
        if status == 200:
            return answer
        words = answer.decode("utf-8", "replace").strip()[:2000]
        if status in {429, 502, 503, 504}:
            raise StoreUnavailable(words)
        raise QueryRefused(words, code=status)

    def _request(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        for last in (False, True):
            connection, fresh = self._connection()
            try:
                connection.request(method, path, body, self._headers)
                response = connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._local.connection = None
                # A kept connection may have been closed meanwhile; a new one tells the truth.
                if fresh or last or isinstance(error, TimeoutError):
                    raise StoreUnavailable(f"no answer from {self._address[0]}:{self._address[1]}: {error}") from error
        raise AssertionError("unreachable")

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None:
            return kept, False
        self._local.connection = http.client.HTTPConnection(*self._address, timeout=self._timeout)
        return self._local.connection, True


def _parameter(value: Any) -> str:
    """Return a value as the protocol's parameter: a string is escaped as in TSV, a list is a literal."""
    return _escape(value) if isinstance(value, str) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_quoted(item) for item in value) + "]"
    return str(value)


def _quoted(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return "'" + _text(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _escape(text: str) -> str:
    table = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"}
    return "".join(table.get(character, character) for character in text)


def _same(value: Any) -> Any:
    return value


def _time(value: Any) -> datetime | None:
    # The protocol says nanoseconds, Python keeps microseconds.
    return None if value is None else datetime.fromisoformat(value[:26]).replace(tzinfo=UTC)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _reader(kind: str) -> Callable[[Any], Any]:
    bare = re.sub(r"^SimpleAggregateFunction\(\w+, (.*)\)$", r"\1", kind)
    bare = re.sub(r"^(?:LowCardinality|Nullable)\((.*)\)$", r"\1", bare)
    bare = re.sub(r"^Nullable\((.*)\)$", r"\1", bare)
    if bare.startswith("DateTime"):
        return _time
    if bare in {"UInt64", "Int64", "UInt128", "Int128"}:
        return _whole
    if kind.startswith(("Array(DateTime", "Array(UInt64", "Array(Int64")):
        element = _reader(kind[6:-1])
        return lambda values: [element(value) for value in values]
    return _same
