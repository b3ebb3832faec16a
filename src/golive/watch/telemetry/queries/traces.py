"""Traces: finding them, and one of them as a waterfall."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from golive.watch.telemetry.domain import depth_first, split_site
from golive.watch.telemetry.ports import TelemetryStore

SPANS: Final = 2000
"""Spans of one trace that are shown."""


@dataclass(frozen=True)
class TraceFilter:
    """Which traces to show, by their spans of kind server or consumer; empty fields do not narrow."""

    site: str
    since: datetime
    until: datetime
    release: str = ""
    route: str = ""
    name: str = ""
    errors_only: bool = False
    slower_than_ms: float = 0.0


@dataclass(frozen=True)
class TraceSummary:
    """The entry of a trace into a service."""

    trace_id: str
    span_id: str
    at: datetime
    name: str
    release: str
    version: str
    route: str
    status: int
    duration_ms: float
    error: bool
    exception: str


@dataclass(frozen=True)
class Event:
    """Something that happened during a span."""

    at: datetime
    name: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class Span:
    """One bar of the waterfall; `offset_ms` is from the start of the trace, `depth` from its root."""

    span_id: str
    parent_id: str
    name: str
    kind: str
    service: str
    release: str
    at: datetime
    offset_ms: float
    duration_ms: float
    depth: int
    error: bool
    status_message: str
    error_group: str
    attributes: dict[str, str]
    resource: dict[str, str]
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Trace:
    """A trace, its spans depth first."""

    trace_id: str
    at: datetime
    duration_ms: float
    spans: list[Span]

    @property
    def services(self) -> list[str]:
        return sorted({span.service for span in self.spans})


def search(store: TelemetryStore, wanted: TraceFilter, *, limit: int = 100) -> list[TraceSummary]:
    """Return the newest matching traces, at most `limit` (1..1000)."""
    service, environment = split_site(wanted.site)
    rows = store.query(
        """SELECT TraceId AS trace_id, SpanId AS span_id, Timestamp AS at, SpanName AS name,
          Release AS release, ServiceVersion AS version, HttpRoute AS route, HttpStatus AS status,
          Duration / 1e6 AS duration_ms, StatusCode = 'Error' OR HttpStatus >= 500 AS error,
          ExceptionType AS exception
        FROM otel_traces
        WHERE ServiceName = {service:String} AND Environment = {environment:String}
          AND Timestamp >= {since:DateTime64(6)} AND Timestamp < {until:DateTime64(6)}
          AND (SpanKind IN ('Server', 'Consumer') OR ParentSpanId = '')
          AND ({release:String} = '' OR Release = {release:String})
          AND ({route:String} = '' OR HttpRoute = {route:String})
          AND ({name:String} = '' OR positionCaseInsensitive(SpanName, {name:String}) > 0)
          AND (NOT {errors_only:Bool} OR error) AND Duration >= {slower_than_ms:Float64} * 1e6
        ORDER BY Timestamp DESC LIMIT {limit:UInt32}""",
        {
            **vars(wanted),
            "service": service,
            "environment": environment,
            "limit": max(1, min(limit, 1000)),
        },
    )
    return [TraceSummary(**{**row, "error": bool(row["error"])}) for row in rows]


def trace(store: TelemetryStore, trace_id: str) -> Trace | None:
    """Return one trace with at most 2000 spans, or None when the store has none of that id."""
    rows = store.query(
        """WITH (SELECT min(Start) FROM otel_traces_trace_id_ts WHERE TraceId = {trace:String}) AS low,
          (SELECT max(End) + 1 FROM otel_traces_trace_id_ts WHERE TraceId = {trace:String}) AS high
        SELECT SpanId AS span_id, ParentSpanId AS parent_id, SpanName AS name, SpanKind AS kind,
          ServiceName AS service, Release AS release, Timestamp AS at, Duration / 1e6 AS duration_ms,
          StatusCode = 'Error' AS error, StatusMessage AS status_message, ErrorGroup AS error_group,
          SpanAttributes AS attributes, ResourceAttributes AS resource,
          `Events.Timestamp` AS event_times, `Events.Name` AS event_names,
          `Events.Attributes` AS event_attributes
        FROM otel_traces
        WHERE TraceId = {trace:String} AND Timestamp >= low AND Timestamp <= high
        ORDER BY Timestamp LIMIT 1 BY SpanId LIMIT {limit:UInt32}""",
        {"trace": trace_id.lower(), "limit": SPANS},
    )
    if not rows:
        return None
    start = rows[0]["at"]
    end_ms = max(_offset(row, start) + row["duration_ms"] for row in rows)
    by_id = {row["span_id"]: row for row in rows}
    order = depth_first([(row["span_id"], row["parent_id"]) for row in rows])
    return Trace(trace_id, start, end_ms, [_span(by_id[span], start, depth) for span, depth in order])


def _offset(row: Mapping[str, Any], start: datetime) -> float:
    return float((row["at"] - start).total_seconds() * 1e3)


def _span(row: Mapping[str, Any], start: datetime, depth: int) -> Span:
    fields = dict(row)
    events = zip(
        fields.pop("event_times"),
        fields.pop("event_names"),
        fields.pop("event_attributes"),
        strict=True,
    )
    fields["error"] = bool(fields["error"])
    return Span(
        **fields,
        offset_ms=_offset(row, start),
        depth=depth,
        events=[Event(at, name, attributes) for at, name, attributes in events],
    )
