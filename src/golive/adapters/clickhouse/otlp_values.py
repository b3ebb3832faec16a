"""Arrays and maps among OTLP values as JSON text, which is what a column of text can hold.

Most requests have none, so a request is only searched for the bytes that begin one. Where they occur,
the resource or the scope around them is decoded, rewritten and encoded; all else passes as it came.
"""

import base64
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import ScopeMetrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans

from golive.adapters.clickhouse.protobuf import delimited, read_varint, walk

_LENGTH = rb"(?:[\x00-\x7f]|[\x80-\xff]{1,3}[\x01-\x7f])"
_IN_ENTRY: Final = re.compile(rb"\x12" + _LENGTH + rb"[*2]")
"""KeyValue.value, its length, and the tag of an array (5) or a map (6)."""
_IN_BODY: Final = re.compile(rb"\*" + _LENGTH + rb"[*2]")
"""The same behind LogRecord.body."""

_SCOPES: Final[dict[str, Callable[[], Message]]] = {
    "traces": ScopeSpans,
    "logs": ScopeLogs,
    "metrics": ScopeMetrics,
}


def flattened(signal: str, request: bytes) -> bytes:
    """Return an export request in which every value is a scalar, the same bytes where it was so before.

    Raises `ValueError` when the outer levels are no such request.
    """
    if not _deep(signal, request, 0, len(request)):
        return request
    return b"".join(delimited(1, _resource(signal, request[start:end])) for _, start, end in walk(request))


def _resource(signal: str, data: bytes) -> bytes:
    parts = []
    for number, start, end in walk(data):
        part = data[start:end]
        if number in {1, 2} and _deep(signal, data, start, end):
            part = _rewritten(Resource() if number == 1 else _SCOPES[signal](), part)
        parts.append(delimited(number, part))
    return b"".join(parts)


def _deep(signal: str, data: bytes, start: int, end: int) -> bool:
    patterns = (_IN_ENTRY, _IN_BODY) if signal == "logs" else (_IN_ENTRY,)
    return any(_fits(data, match.start() + 1) for pattern in patterns for match in pattern.finditer(data, start, end))


def _fits(data: bytes, position: int) -> bool:
    """Say whether the length at `position` is that of a message with one delimited field."""
    try:
        outer, begin = read_varint(data, position)
        inner, content = read_varint(data, begin + 1)
    except ValueError:
        return False
    return outer == content - begin + inner


def _rewritten(message: Message, data: bytes) -> bytes:
    try:
        message.ParseFromString(data)
    except DecodeError:
        return data  # the engine judges it, as it does all others
    for value in _values(message):
        if value.WhichOneof("value") in {"array_value", "kvlist_value"}:
            value.string_value = text(value)
    return bytes(message.SerializeToString())


def _values(message: Message) -> Iterator[AnyValue]:
    for field, content in message.ListFields():
        if field.message_type is None:
            continue
        items: Iterable[Any] = content if field.is_repeated else (content,)
        for item in items:
            if isinstance(item, AnyValue):
                yield item
            else:
                yield from _values(item)


def text(value: AnyValue) -> str:
    """Return a value as JSON, as OpenTelemetry represents it outside of OTLP."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {entry.key: _plain(entry.value) for entry in value.kvlist_value.values}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    if kind == "double_value" and not math.isfinite(value.double_value):
        return str(value.double_value)
    return getattr(value, kind) if kind else None
