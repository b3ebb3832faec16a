"""OTLP as JSON, which the exporters of browsers and of Node send: decoded into the protobuf of the same request.

Source: OpenTelemetry specification, "OTLP", JSON Protobuf Encoding: the protobuf JSON mapping, but ids of
traces and spans are hexadecimal, enums are numbers, and unknown fields are ignored.
"""

import base64
import json
from typing import Any, Final

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

DEPTH: Final = 64
"""Levels of messages within each other that are read."""
_REQUESTS: Final[dict[str, type[Message]]] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
_ID_BYTES: Final = {"traceId": 16, "spanId": 8, "parentSpanId": 8}


def encoded(signal: str, body: bytes) -> bytes:
    """Return the protobuf of a request in JSON.

    Raises `ValueError` in words when it is not such a request.
    """
    try:
        said = json.loads(body, object_hook=_with_ids, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(said, dict):
        raise ValueError("it is not a JSON object")
    request = _REQUESTS[signal]()
    try:
        ParseDict(said, request, ignore_unknown_fields=True, max_recursion_depth=DEPTH)
    except (ParseError, SystemError) as error:  # protobuf itself fails over a field named by half a surrogate
        raise ValueError(str(error)) from error
    return bytes(request.SerializeToString())


def _with_ids(fields: dict[str, Any]) -> dict[str, Any]:
    """Turn hexadecimal ids into base64, which the protobuf mapping has for bytes."""
    for name, size in _ID_BYTES.items():
        if name in fields:
            fields[name] = base64.b64encode(_id_bytes(name, fields[name], size)).decode()
    return fields


def _id_bytes(name: str, value: Any, size: int) -> bytes:
    try:
        content = bytes.fromhex(value or "")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} {str(value)[:80]!r} is not hexadecimal") from error
    if len(content) not in {0, size}:
        raise ValueError(f"{name} {value[:80]!r} has not {2 * size} digits")
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON: send the string {name!r}")
