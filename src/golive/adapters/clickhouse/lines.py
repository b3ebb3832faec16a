"""Lines of files as rows: the edge's request log and the output of applications. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from golive.watch.telemetry.domain import ROUTE_CHARACTERS, route_template

LINE_BYTES: Final = 64 << 10
"""Bytes of a line that are kept; the rest is dropped and the row says so."""
FUTURE_SECONDS: Final = 600

Row = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A line without its newline, where it began, and how many bytes it took with it."""

    offset: int
    length: int
    data: bytes

    @property
    def text(self) -> str:
        return self.data[:LINE_BYTES].decode("utf-8", "replace")


@dataclass(frozen=True)
class Window:
    """The moments, in seconds since the epoch, that are believed; others are taken as `now`."""

    now: float
    oldest: float

    def instant(self, seconds: float | None) -> str:
        """Return a believable moment as decimal seconds, for a DateTime64."""
        if seconds is None or not self.oldest <= seconds <= self.now + FUTURE_SECONDS:
            seconds = self.now
        return f"{seconds:.6f}"


def split(data: bytes, start: int, *, whole: bool) -> list[Line]:
    """Cut a chunk of a file that begins at `start` into lines; the rest after the last newline is a
    line only when `whole`.
    """
    lines, position = [], 0
    while (end := data.find(b"\n", position)) >= 0:
        lines.append(Line(start + position, end + 1 - position, data[position:end].removesuffix(b"\r")))
        position = end + 1
    if whole and position < len(data):
        lines.append(Line(start + position, len(data) - position, data[position:]))
    return lines


def _number(value: Any, largest: int) -> int:
    try:
        return max(0, min(int(float(value)), largest))
    except (TypeError, ValueError, OverflowError):
        return 0


def _text(value: Any, limit: int = 200) -> str:
    if value is None or value == "-":
        return ""
    try:
        return (value if isinstance(value, str) else json.dumps(value))[:limit]
    except RecursionError:  # reading it went just so
        return "(nested too deeply)"


def _seconds(value: Any) -> float | None:
    """Read a time as ISO 8601 or as a number of seconds, milli-, micro- or nanoseconds."""
    if isinstance(value, str) and not re.fullmatch(r"\d+(\.\d+)?", value):
        try:
            moment = datetime.fromisoformat(value.replace(",", "."))
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    for scale in (1e9, 1e6, 1e3):
        if number / scale > 1e8:
            return number / scale
    return number


_EDGE_FIELDS: Final = frozenset(
    {
        "ts",
        "request",
        "method",
        "path",
        "code",
        "flags",
        "ms",
        "release",
        "replica",
        "route",
        "visitor",
        "ip",
        "ua",
        "site",
        "kind",
        "bytes",
        "attempts",
        "trace",
    }
)
# Of a traceparent only one with the flag "sampled": there is no trace to show for the others.
_TRACE_PARENT: Final = re.compile(r"(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}(?:-[0-9a-f][13579bdf].*)?)?")


def edge_row(line: Line, window: Window) -> Row | None:
    """Return a request or an attempt of the edge as a row; None for what is no JSON object."""
    try:
        fields = json.loads(line.text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    path = _text(fields.get("path"), 2000)
    trace = _TRACE_PARENT.fullmatch(_text(fields.get("trace")))
    duration = _seconds_of_ms(fields.get("ms"))
    return {
        "Timestamp": window.instant(_seconds(fields.get("ts"))),
        "Site": _text(fields.get("site")),
        "RequestId": _text(fields.get("request")),
        "TraceId": trace[1] if trace else "",
        "Release": _text(fields.get("release")),
        "Replica": _text(fields.get("replica")),
        "Method": _text(fields.get("method"), 16),
        "Path": path,
        "Route": _text(fields.get("route")) or route_template(path)[:ROUTE_CHARACTERS],
        "Status": _number(fields.get("code"), 65535),
        "Flags": _text(fields.get("flags"), 40),
        "Ms": duration,
        "Visitor": _text(fields.get("visitor")),
        "ClientAddress": _text(fields.get("ip"), 64),
        "UserAgent": _text(fields.get("ua")),
        "Kind": _text(fields.get("kind"), 80),
        "Bytes": _number(fields.get("bytes"), 2**63),
        "Attempts": _number(fields.get("attempts"), 65535),
        "Extra": {_text(k): _text(v, 1000) for k, v in fields.items() if k not in _EDGE_FIELDS},
        "Offset": line.offset,
        "Length": line.length,
    }


def _seconds_of_ms(value: Any) -> float:
    try:
        return max(0.0, min(float(value), 1e9))
    except (TypeError, ValueError, OverflowError):
        return 0.0


@dataclass(frozen=True)
class Record:
    """One or more lines that belong together; several are a traceback."""

    lines: Sequence[Line]

    @property
    def length(self) -> int:
        return self.lines[-1].offset + self.lines[-1].length - self.lines[0].offset


_TRACEBACK: Final = "Traceback (most recent call last):"
_CHAIN: Final = (
    "During handling of the above exception",
    "The above exception was the direct cause",
)
_EXCEPTION: Final = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*))?", re.DOTALL | re.ASCII)
TRACEBACK_LINES: Final = 500


def records(lines: Sequence[Line], *, final: bool) -> Iterator[Record]:
    """Join the lines of tracebacks; one that may go on is left out unless `final`."""
    position = 0
    while position < len(lines):
        if not lines[position].data.startswith(_TRACEBACK.encode()):
            yield Record(lines[position : position + 1])
            position += 1
            continue
        end, closed = _traceback_end(lines, position)
        if not closed and not final:
            return
        yield Record(lines[position:end])
        position = end


def _traceback_end(lines: Sequence[Line], start: int) -> tuple[int, bool]:
    """Return where a traceback ends and whether the lines at hand prove it."""
    position, last = start + 1, min(len(lines), start + TRACEBACK_LINES)
    while position < last:
        text = lines[position].text
        position += 1
        if text.startswith((" ", "\t", _TRACEBACK, *_CHAIN)) or not text.strip():
            continue
        rest = position  # the exception's own line; a chained traceback may follow a blank line
        while rest < len(lines) and not lines[rest].data.strip():
            rest += 1
        if rest == len(lines):
            return position, rest > position
        if rest == position or not lines[rest].text.startswith(_CHAIN):
            return position, True
    return last, last == start + TRACEBACK_LINES


_SEVERITY: Final = {
    "trace": 1,
    "debug": 5,
    "info": 9,
    "notice": 10,
    "warn": 13,
    "warning": 13,
    "error": 17,
    "err": 17,
    "exception": 17,
    "critical": 21,
    "crit": 21,
    "fatal": 21,
    "alert": 21,
    "emerg": 21,
}
_SEVERITY_WORD: Final = re.compile(r"\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b", re.ASCII)
_NAMES: Final = {
    1: "TRACE",
    5: "DEBUG",
    9: "INFO",
    10: "INFO",
    13: "WARN",
    17: "ERROR",
    21: "FATAL",
}
_MESSAGE = ("message", "msg", "event", "body")
_LEVEL = ("level", "severity", "levelname", "severity_text", "log.level")
_TIME = ("timestamp", "time", "@timestamp", "ts", "asctime")
_TRACE = ("trace_id", "traceId", "trace.id", "otelTraceID")
_SPAN = ("span_id", "spanId", "span.id", "otelSpanID")
_STACK = ("exc_info", "exception", "exc_text", "stack_info", "stack", "error.stack_trace")
_HEX: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")


@dataclass
class _Parsed:
    body: str
    severity: int = 9
    seconds: float | None = None
    trace: str = ""
    span: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


def app_row(record: Record, meta: Mapping[str, str], window: Window) -> Row | None:
    """Return the output of an application as a row of otel_logs; None for blank lines.

    `meta` is the sidecar of the file: service, environment, release, version, process, replica.
    """
    text = "\n".join(line.text for line in record.lines)[:LINE_BYTES]
    if not text.strip():
        return None
    parsed = _json(text) if text.startswith("{") else None
    if parsed is None:
        parsed = _traceback(text) if text.startswith(_TRACEBACK) else _plain(text)
    if record.length > LINE_BYTES:
        parsed.attributes["golive.truncated_bytes"] = str(record.length - LINE_BYTES)
    return {
        "Timestamp": window.instant(parsed.seconds),
        "TraceId": parsed.trace,
        "SpanId": parsed.span,
        "SeverityText": _NAMES[parsed.severity],
        "SeverityNumber": parsed.severity,
        "ServiceName": meta.get("service", ""),
        "Body": parsed.body,
        "ResourceAttributes": {
            "service.name": meta.get("service", ""),
            "service.version": meta.get("version", ""),
            "service.instance.id": meta.get("replica", ""),
            "deployment.environment.name": meta.get("environment", ""),
            "golive.release": meta.get("release", ""),
            "golive.process": meta.get("process", ""),
        },
        "ScopeName": parsed.attributes.pop("logger", ""),
        "LogAttributes": parsed.attributes,
        "Offset": record.lines[0].offset,
        "Length": record.length,
    }


def _take(fields: dict[str, Any], names: Sequence[str]) -> Any:
    for name in names:
        if fields.get(name) not in (None, ""):
            return fields.pop(name)
    return None


def _json(text: str) -> _Parsed | None:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    body = _take(fields, _MESSAGE)
    level = _take(fields, _LEVEL)
    parsed = _Parsed(
        _text(body, LINE_BYTES) if body is not None else text,
        _SEVERITY.get(level.lower(), 9) if isinstance(level, str) else 9,
        _seconds(_take(fields, _TIME)),
        _hex(_take(fields, _TRACE), 32),
        _hex(_take(fields, _SPAN), 16),
    )
    stack = _take(fields, _STACK)
    logger = _take(fields, ("logger", "logger_name", "name"))
    parsed.attributes = {_text(k): _text(v, 4000) for k, v in list(fields.items())[:100]}
    if logger is not None:
        parsed.attributes["logger"] = _text(logger)
    if isinstance(stack, str) and _TRACEBACK in stack:
        parsed.attributes |= _exception(stack)
    return parsed


def _hex(value: Any, digits: int) -> str:
    text = value.lower() if isinstance(value, str) else ""
    return text if len(text) == digits and _HEX.fullmatch(text) else ""


def _traceback(text: str) -> _Parsed:
    attributes = _exception(text)
    last = text.rstrip().rsplit("\n", 1)[-1]
    return _Parsed(last if attributes["exception.type"] else text, 17, attributes=attributes)


def _exception(stack: str) -> dict[str, str]:
    last = stack.rstrip().rsplit("\n", 1)[-1]
    found = _EXCEPTION.fullmatch(last)
    return {
        "exception.type": found[1] if found else "",
        "exception.message": (found[2] or "") if found else "",
        "exception.stacktrace": stack,
    }


def _plain(text: str) -> _Parsed:
    word = _SEVERITY_WORD.search(text[:120])
    return _Parsed(text, _SEVERITY[word[1].lower()] if word else 9)
