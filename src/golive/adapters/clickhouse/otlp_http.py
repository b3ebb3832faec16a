"""OTLP over HTTP (opentelemetry-proto 1.x, "OTLP/HTTP"): protobuf in, an answer after the commit."""

from http import HTTPStatus
from typing import Final

from golive.adapters.clickhouse.commits import Committer, QueueFull
from golive.adapters.clickhouse.http import Door, HttpError, same

COMMIT_SECONDS: Final = 30
_PROTOBUF: Final = "application/x-protobuf"


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError("a number is cut off")
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7


def check_request(data: bytes) -> int:
    """Return how many resources an OTLP export request holds, walking its outermost level only.

    Raises `ValueError` in words when the bytes are not such a message: all three requests consist of
    field 1, repeated, length-delimited.
    """
    position = resources = 0
    while position < len(data):
        tag, position = _varint(data, position)
        if tag != 0x0A:
            raise ValueError(f"byte {position - 1} does not begin a resource")
        length, position = _varint(data, position)
        position += length
        resources += 1
    if position != len(data):
        raise ValueError("the last resource is cut off")
    return resources


def status_message(words: str) -> bytes:
    """Return a google.rpc.Status with a message, the body of an OTLP error."""
    text = words.encode()[:1000]
    length = (
        bytes([len(text)]) if len(text) < 128 else bytes([len(text) & 127 | 128, len(text) >> 7])
    )
    return b"\x12" + length + text


class OtlpDoor(Door):
    """POST /v1/traces, /v1/logs, /v1/metrics with a Bearer token; GET /ping without."""

    committers: dict[str, Committer]
    token: str

    def serve(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/ping":
            self._body_read = True
            return self.answer(HTTPStatus.OK, b"Ok.\n")
        self._authorize()
        committer = (
            self.committers.get(path.removeprefix("/v1/")) if path.startswith("/v1/") else None
        )
        if committer is None:
            raise HttpError(HTTPStatus.NOT_FOUND, "send to /v1/traces, /v1/logs or /v1/metrics")
        if self.command != "POST":
            raise HttpError(HTTPStatus.METHOD_NOT_ALLOWED, "send with POST", {"Allow": "POST"})
        return self._take(committer)

    def _authorize(self) -> None:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not same(token.strip(), self.token):
            raise HttpError(
                HTTPStatus.UNAUTHORIZED,
                "send the ingest token as Authorization: Bearer",
                {"WWW-Authenticate": "Bearer"},
            )

    def _take(self, committer: Committer) -> None:
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in {_PROTOBUF, "application/protobuf"}:
            raise HttpError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"send {_PROTOBUF} (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)",
            )
        data = self.body()
        try:
            resources = check_request(data)
        except ValueError as error:
            raise HttpError(
                HTTPStatus.BAD_REQUEST, f"this is not an OTLP protobuf request: {error}"
            ) from error
        if resources:
            self._commit(committer, data)
        self.answer(HTTPStatus.OK, b"", _PROTOBUF)

    def _commit(self, committer: Committer, data: bytes) -> None:
        try:
            pending = committer.submit(data)
        except QueueFull as error:
            raise HttpError(
                HTTPStatus.TOO_MANY_REQUESTS, f"the store is behind: {error}", {"Retry-After": "1"}
            ) from error
        if not pending.done.wait(COMMIT_SECONDS):
            raise HttpError(
                HTTPStatus.SERVICE_UNAVAILABLE, "the commit takes too long", {"Retry-After": "5"}
            )
        if pending.blamed:
            raise HttpError(
                HTTPStatus.BAD_REQUEST, "this is not an OTLP protobuf request: it does not parse"
            )
        if pending.error is not None:
            raise HttpError(
                HTTPStatus.SERVICE_UNAVAILABLE, "the store cannot write now", {"Retry-After": "5"}
            )

    def refuse(self, refusal: HttpError) -> None:
        self.answer(refusal.status, status_message(refusal.words), _PROTOBUF, refusal.headers)
