"""The ClickHouse HTTP protocol over chDB: what clickhouse-connect, curl and golive's client speak.

Two users: `golive` reads and writes, `viewer` runs one guarded, read-only statement at a time.
"""

import email.parser
import email.policy
import json
import re
import urllib.parse
import uuid
from http import HTTPStatus
from typing import Final

from golive.adapters.clickhouse.dialect import literal
from golive.adapters.clickhouse.engine import Busy, Connection, Engine, QueryFailed
from golive.adapters.clickhouse.guard import Guard, StatementRefused
from golive.adapters.clickhouse.http import Door, HttpError, basic, same
from golive.adapters.clickhouse.schema import DATABASE

_INSERT: Final = re.compile(rb"\s*insert\s+into\b", re.IGNORECASE)
_INSERT_DATA: Final = re.compile(
    rb"(\s*insert\s+into\s+.*?)\bformat\s+(\w+)[ \t]*(?:\r?\n|$)?", re.IGNORECASE | re.DOTALL
)
_INSERT_SELECT: Final = re.compile(
    rb"\s*insert\s+into\s+\S+\s*(?:\([^)]*\))?\s*(?:settings\s.*?)?(?:select|with)\b",
    re.IGNORECASE | re.DOTALL,
)
_FORMAT: Final = re.compile(r"\bformat\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_RESULT: Final = re.compile(r"[\s(]*(select|with|show|desc|exists|explain|check)", re.IGNORECASE)
_SETTING: Final = re.compile(r"[a-z_0-9]+", re.ASCII)
_PROTOCOL: Final = frozenset(
    {
        "query",
        "database",
        "session_id",
        "session_timeout",
        "session_check",
        "query_id",
        "quota_key",
        "compress",
        "decompress",
        "buffer_size",
        "wait_end_of_query",
        "client_protocol_version",
        "default_format",
        "user",
        "password",
        "role",
        "enable_http_compression",
        "send_progress_in_http_headers",
        "http_headers_progress_interval_ms",
        "profile",
        "async_insert",
        "wait_for_async_insert",
        "cancel_http_readonly_queries_on_client_close",
        "add_http_cors_header",
        "date_time_input_format",
    }
)
_HTTP_STATUS: Final = {
    60: HTTPStatus.NOT_FOUND,
    62: HTTPStatus.BAD_REQUEST,
    81: HTTPStatus.NOT_FOUND,
    159: HTTPStatus.REQUEST_TIMEOUT,
    164: HTTPStatus.FORBIDDEN,
}


class SqlDoor(Door):
    """GET or POST a statement as `query`, as the body, or as a form."""

    engine: Engine
    guard: Guard
    passwords: dict[str, str]

    def serve(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/ping":
            self._body_read = True
            return self.answer(HTTPStatus.OK, b"Ok.\n")
        user = self._user()
        body = self.inflated(self.sent(), self.max_inflated)
        try:
            fields = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True, max_num_fields=200))
            if self.headers.get("Content-Type", "").startswith("multipart/form-data"):
                fields.update(self._form(body))
                body = b""
            return self._run(user, fields, body)
        except ValueError as error:
            raise HttpError(HTTPStatus.BAD_REQUEST, f"the request cannot be read: {error}") from error

    def _user(self) -> str:
        name, password = basic(self.headers.get("Authorization", ""))
        name = name or self.headers.get("X-ClickHouse-User", "")
        password = password or self.headers.get("X-ClickHouse-Key", "")
        known = self.passwords.get(name)
        if not same(password, known or "\0") or known is None:
            raise HttpError(
                HTTPStatus.UNAUTHORIZED,
                "send user and password",
                {"WWW-Authenticate": "Basic", "X-ClickHouse-Exception-Code": "516"},
            )
        return name

    def _form(self, body: bytes) -> dict[str, str]:
        head = b"Content-Type: " + self.headers["Content-Type"].encode("latin-1") + b"\r\n\r\n"
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        fields: dict[str, str] = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            payload = part.get_payload(decode=True)
            fields[str(name)] = payload.decode() if isinstance(payload, bytes) else ""
        return fields

    def _run(self, user: str, fields: dict[str, str], body: bytes) -> None:
        statement, data = _statement(fields.get("query", "").encode(), body)
        params = {name[6:]: value for name, value in fields.items() if name.startswith("param_")}
        settings = {
            name: value
            for name, value in fields.items()
            if name not in _PROTOCOL and not name.startswith("param_") and _SETTING.fullmatch(name)
        }
        database = fields.get("database") or self.headers.get("X-ClickHouse-Database") or DATABASE
        wanted = fields.get("default_format") or self.headers.get("X-ClickHouse-Format")
        try:
            if user == "viewer":
                sql = self.guard.check(statement.decode())
                with self.engine.viewers.connection() as connection:
                    return self._select(connection, sql, wanted, params)
            with self.engine.writers.connection() as connection:
                connection.query(f"USE `{database.replace('`', '')}`")
                if data is not None:
                    return self._insert(connection, statement, data, settings)
                return self._with_settings(connection, statement.decode(), wanted, params, settings)
        except StatementRefused as error:
            raise HttpError(HTTPStatus.FORBIDDEN, f"Refused: {error}") from error
        except Busy as error:
            raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "1"}) from error
        except QueryFailed as error:
            raise HttpError(
                _HTTP_STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR),
                str(error),
                {"X-ClickHouse-Exception-Code": str(error.code or 1000)},
            ) from error

    def _with_settings(
        self,
        connection: Connection,
        sql: str,
        wanted: str | None,
        params: dict[str, str],
        settings: dict[str, str],
    ) -> None:
        """Run with settings of this request only: a connection serves the next request too."""
        limits = self.engine.writers.limits
        try:
            for name, value in settings.items():
                connection.query(f"SET {name} = {literal(value)}")
            self._select(connection, sql, wanted, params)
        finally:
            for name in settings:
                back = literal(limits[name]) if name in limits else "DEFAULT"
                connection.query(f"SET {name} = {back}")

    def _select(self, connection: Connection, sql: str, wanted: str | None, params: dict[str, str]) -> None:
        named = _FORMAT.search(sql)
        format_name = named[1] if named else wanted or "TabSeparated"
        result = connection.query(sql, format_name, params)
        headers = {"X-ClickHouse-Summary": json.dumps({"read_rows": "0"})}
        if result or _RESULT.match(sql):
            headers["X-ClickHouse-Format"] = format_name
        self._reply(result, headers)

    def _insert(self, connection: Connection, statement: bytes, data: bytes, settings: dict[str, str]) -> None:
        found = _INSERT_DATA.match(statement)
        if found is None:
            raise HttpError(HTTPStatus.BAD_REQUEST, "an INSERT of data needs FORMAT")
        head = found[1].decode()
        if settings and " settings " not in head.lower():
            head += " SETTINGS " + ", ".join(f"{k} = {literal(v)}" for k, v in settings.items())
        rows = connection.insert(head, found[2].decode(), data) if data else 0
        self._reply(b"", {"X-ClickHouse-Summary": json.dumps({"written_rows": str(rows)})})

    def _reply(self, body: bytes, headers: dict[str, str]) -> None:
        self.answer(
            HTTPStatus.OK,
            body,
            headers={
                **headers,
                "X-ClickHouse-Query-Id": str(uuid.uuid4()),
                "X-ClickHouse-Timezone": "UTC",
                "X-ClickHouse-Server-Display-Name": "golive",
            },
        )


def _statement(query: bytes, body: bytes) -> tuple[bytes, bytes | None]:
    """Split a request into its statement and, for an INSERT of data, the data."""
    statement, data = (query, body) if query.strip() else (body, b"")
    if not _INSERT.match(statement) or _INSERT_SELECT.match(statement):
        return (statement + b"\n" + data if data else statement), None
    found = _INSERT_DATA.match(statement)
    if found is None:
        return (statement + b"\n" + data if data else statement), None
    return statement[: found.end()], statement[found.end() :] + data
