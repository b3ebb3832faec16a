"""OTLP over HTTP (opentelemetry-proto 1.x, "OTLP/HTTP"): protobuf or JSON in, an answer after the commit."""

import json
import threading
from http import HTTPStatus
from typing import Final

from golive.adapters.clickhouse import otlp_json, otlp_values
from golive.adapters.clickhouse.commits import Committer, QueueFull
from golive.adapters.clickhouse.http import Door, HttpError, same
from golive.adapters.clickhouse.protobuf import delimited, walk

COMMIT_SECONDS: Final = 8
"""How long a sender waits; exporters give up after 10 seconds and would send again what is committed after all."""
DECODING: Final = 4
"""Requests that are inflated and decoded at the same time: what they take is bounded together."""
_PROTOBUF: Final = "application/x-protobuf"
_JSON: Final = "application/json"


def check_request(data: bytes) -> int:
    """Return how many resources an OTLP export request holds, walking its outermost level only.

    Raises `ValueError` in words when the bytes are not such a message: all three requests consist of
    field 1, repeated, length-delimited.
    """
    resources = 0
    for number, start, _ in walk(data):
        if number != 1:
            raise ValueError(f"the field before byte {start} is no resource")
        resources += 1
    return resources


def status_message(words: str, kind: str) -> bytes:
    """Return a google.rpc.Status with a message, the body of an OTLP error, in the kind that was sent."""
    text = words[:1000]
    return json.dumps({"message": text}).encode() if kind == _JSON else delimited(2, text.encode())


class OtlpDoor(Door):
    """POST /v1/traces, /v1/logs, /v1/metrics with a Bearer token; GET /ping without."""

    committers: dict[str, Committer]
    token: str
    decoding = threading.BoundedSemaphore(DECODING)

    def serve(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/ping":
            self._body_read = True
            return self.answer(HTTPStatus.OK, b"Ok.\n")
        self._authorize()
        signal = path.removeprefix("/v1/")
        committer = self.committers.get(signal) if path.startswith("/v1/") else None
        if committer is None:
            raise HttpError(HTTPStatus.NOT_FOUND, "send to /v1/traces, /v1/logs or /v1/metrics")
        if self.command != "POST":
            raise HttpError(HTTPStatus.METHOD_NOT_ALLOWED, "send with POST", {"Allow": "POST"})
        return self._take(signal, committer)

    def _authorize(self) -> None:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not same(token.strip(), self.token):
            raise HttpError(
                HTTPStatus.UNAUTHORIZED,
                "send the ingest token as Authorization: Bearer",
                {"WWW-Authenticate": "Bearer"},
            )

    def _take(self, signal: str, committer: Committer) -> None:
        kind = self._kind()
        if kind not in {_PROTOBUF, "application/protobuf", _JSON}:
            raise HttpError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {_PROTOBUF} or {_JSON} as Content-Type")
        sent = self.sent()
        with self.decoding:
            data = self._decoded(signal, kind, sent)
        if data:
            self._commit(committer, data)
        self.answer(HTTPStatus.OK, *((b"{}", _JSON) if kind == _JSON else (b"", _PROTOBUF)))

    def _decoded(self, signal: str, kind: str, sent: bytes) -> bytes:
        """Return the protobuf of a request with scalar values only; empty when it holds no resource."""
        # What JSON takes in memory is many times its size, so it may not grow beyond what may be sent.
        data = self.inflated(sent, self.max_body if kind == _JSON else self.max_inflated)
        language = "JSON" if kind == _JSON else "protobuf"
        try:
            if kind == _JSON:
                data = otlp_json.encoded(signal, data)
            return otlp_values.flattened(signal, data) if check_request(data) else b""
        except ValueError as error:
            raise HttpError(HTTPStatus.BAD_REQUEST, f"this is not an OTLP {language} request: {error}") from error

    def _kind(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def _commit(self, committer: Committer, data: bytes) -> None:
        try:
            pending = committer.submit(data)
        except QueueFull as error:
            raise HttpError(
                HTTPStatus.TOO_MANY_REQUESTS, f"the store is behind: {error}", {"Retry-After": "1"}
            ) from error
        if not pending.done.wait(COMMIT_SECONDS) and committer.withdraw(pending):
            raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE, "the commit takes too long", {"Retry-After": "5"})
        pending.done.wait()
        if pending.blamed:
            raise HttpError(HTTPStatus.BAD_REQUEST, "this is not an OTLP protobuf request: it does not parse")
        if pending.error is not None:
            raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE, pending.refused, {"Retry-After": "5"})

    def refuse(self, refusal: HttpError) -> None:
        kind = _JSON if self._kind() == _JSON else _PROTOBUF
        self.answer(refusal.status, status_message(refusal.words, kind), kind, refusal.headers)
