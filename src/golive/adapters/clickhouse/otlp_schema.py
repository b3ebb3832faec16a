"""OTLP to rows without Python in between: the engine parses the protobuf, views spread it into tables.

ClickHouse plans every insert anew, and what it plans costs by the size of its types, so the types are
small: an attribute's AnyValue (opentelemetry-proto 1.x) is read as its bytes, and SQL reads the scalars
out of them. Arrays and maps were made text before (`otlp_values`); one that was not is hexadecimal.
"""

from dataclasses import dataclass
from typing import Final

_COMMON = """syntax = "proto3";
message Scope { string name = 1; string version = 2; }
message Resource { map<string, bytes> attributes = 1; }
"""

_TRACES = """
message Status { string message = 2; int32 code = 3; }
message Event { fixed64 time = 1; string name = 2; map<string, bytes> attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3;
  map<string, bytes> attributes = 4; }
message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4;
  string name = 5; int32 kind = 6; fixed64 start = 7; fixed64 end = 8;
  map<string, bytes> attributes = 9; repeated Event events = 11; repeated Link links = 13;
  Status status = 15; }
message ByScope { Scope scope = 1; repeated Span records = 2; }
"""

_LOGS = """
message Record { fixed64 time = 1; int32 severity_number = 2; string severity_text = 3; bytes body = 5;
  map<string, bytes> attributes = 6; fixed32 flags = 8; bytes trace_id = 9; bytes span_id = 10;
  fixed64 observed = 11; }
message ByScope { Scope scope = 1; repeated Record records = 2; }
"""

_METRICS = """
message Number { oneof value { double as_double = 4; sfixed64 as_int = 6; }
  map<string, bytes> attributes = 7; fixed64 start = 2; fixed64 time = 3; uint32 flags = 8; }
message Numbers { repeated Number points = 1; int32 temporality = 2; bool monotonic = 3; }
message Histogram { map<string, bytes> attributes = 9; fixed64 start = 2; fixed64 time = 3;
  fixed64 count = 4; double sum = 5; repeated fixed64 bucket_counts = 6;
  repeated double explicit_bounds = 7; double min = 11; double max = 12; }
message Histograms { repeated Histogram points = 1; int32 temporality = 2; }
message Buckets { sint32 offset = 1; repeated uint64 bucket_counts = 2; }
message Exponential { map<string, bytes> attributes = 1; fixed64 start = 2; fixed64 time = 3;
  fixed64 count = 4; double sum = 5; sint32 scale = 6; fixed64 zero_count = 7; Buckets positive = 8;
  Buckets negative = 9; double min = 12; double max = 13; }
message Exponentials { repeated Exponential points = 1; int32 temporality = 2; }
message Quantile { double quantile = 1; double value = 2; }
message Summary { map<string, bytes> attributes = 7; fixed64 start = 2; fixed64 time = 3;
  fixed64 count = 4; double sum = 5; repeated Quantile quantiles = 6; }
message Summaries { repeated Summary points = 1; }
message Metric { string name = 1; string description = 2; string unit = 3; Numbers gauge = 5;
  Numbers sum = 7; Histograms histogram = 9; Exponentials exponential = 10; Summaries summary = 11; }
message ByScope { Scope scope = 1; repeated Metric records = 2; }
"""

_REQUEST = """
message ByResource { Resource resource = 1; repeated ByScope by_scope = 2; }
message Request { repeated ByResource by_resource = 1; }
"""


_KV = "Map(LowCardinality(String), String)"

_SPAN_TYPE = f"""Tuple(trace_id String, span_id String, trace_state String, parent_span_id String,
  name String, kind Int32, start UInt64, end UInt64, attributes {_KV},
  events Array(Tuple(time UInt64, name String, attributes {_KV})),
  links Array(Tuple(trace_id String, span_id String, trace_state String, attributes {_KV})),
  status Tuple(message String, code Int32))"""

_RECORD_TYPE = f"""Tuple(time UInt64, severity_number Int32, severity_text String, body String,
  attributes {_KV}, flags UInt32, trace_id String, span_id String, observed UInt64)"""

_POINT = f"attributes {_KV}, start UInt64, time UInt64"
_NUMBERS = f"""Tuple(points Array(Tuple(as_double Float64, as_int Int64, {_POINT}, flags UInt32
  )), temporality Int32, monotonic UInt8)"""
_BUCKETS = "Tuple(offset Int32, bucket_counts Array(UInt64))"
_METRIC_TYPE = f"""Tuple(name String, description String, unit String, gauge {_NUMBERS}, sum {_NUMBERS},
  histogram Tuple(points Array(Tuple({_POINT}, count UInt64, sum Float64, bucket_counts Array(UInt64),
    explicit_bounds Array(Float64), min Float64, max Float64)), temporality Int32),
  exponential Tuple(points Array(Tuple({_POINT}, count UInt64, sum Float64, scale Int32,
    zero_count UInt64, positive {_BUCKETS}, negative {_BUCKETS}, min Float64, max Float64)),
    temporality Int32),
  summary Tuple(points Array(Tuple({_POINT}, count UInt64, sum Float64,
    quantiles Array(Tuple(quantile Float64, value Float64))))))"""


# An AnyValue is one field: a tag, for all but numbers and booleans a length of 1 to 4 bytes, the value.
_PAYLOAD = "substring(v, multiIf(length(v) <= 129, 3, length(v) <= 16386, 4, length(v) <= 2097155, 5, 6))"
_VARINT = (
    "arraySum(i -> bitShiftLeft(toUInt64(bitAnd(reinterpretAsUInt8(substring(v, i + 2, 1)), 127)), "
    "7 * i), range(least(length(v) - 1, 10)))"
)
_TEXT = (
    f"multiIf(startsWith(v, '\\x0a'), {_PAYLOAD}, "
    f"startsWith(v, '\\x18'), toString(reinterpretAsInt64({_VARINT})), "
    "startsWith(v, '\\x10'), if(endsWith(v, '\\x01'), 'true', 'false'), "
    "startsWith(v, '\\x21'), toString(reinterpretAsFloat64(substring(v, 2, 8))), "
    f"hex({_PAYLOAD}))"
)


def _map(attributes: str) -> str:
    return f"mapApply((k, v) -> (k, {_TEXT}), {attributes})"


def _body(value: str) -> str:
    return f"arrayMap(v -> {_TEXT}, [{value}])[1]"


_NOW = "toUnixTimestamp64Nano(now64(9))"
FUTURE_SECONDS: Final = 600
"""How far ahead of the store's clock a timestamp may lie; the rest is taken as "now"."""
ORIGINAL: Final = "golive.original_timestamp"
"""Attribute that keeps a refused timestamp, in nanoseconds."""


@dataclass(frozen=True)
class Signal:
    """One kind of telemetry: its path, its messages, its Null table and the views that spread it."""

    name: str
    proto: str
    record: str
    views: dict[str, str]

    @property
    def inbox(self) -> str:
        return f"otlp_{self.name}"

    @property
    def table(self) -> str:
        records = f"Array(Tuple(scope Tuple(name String, version String), records Array({self.record})))"
        column = f"Array(Tuple(resource Tuple(attributes {_KV}), by_scope {records}))"
        return f"CREATE TABLE {self.inbox} (by_resource {column}) ENGINE = Null"

    @property
    def insert(self) -> str:
        """The INSERT that takes length-delimited `Request` messages in format Protobuf."""
        schema = (_COMMON + self.proto + _REQUEST).replace("'", "\\'")
        return (
            f"INSERT INTO otel.{self.inbox} (by_resource) SETTINGS format_schema_source = 'string', "
            f"format_schema = '{schema}', format_schema_message_name = 'Request', "
            "max_threads = 1, max_insert_threads = 1"
        )


def _records(inbox: str) -> str:
    return f"""(SELECT resource, scope.name AS scope_name, scope.version AS scope_version,
        arrayJoin(s.records) AS r FROM (
      SELECT {_map("b.resource.attributes")} AS resource, arrayJoin(b.by_scope) AS s, s.scope AS scope
      FROM (SELECT arrayJoin(by_resource) AS b FROM {inbox})))"""


def _believable(nanoseconds: str, days: int) -> str:
    oldest, newest = days * 86_400, FUTURE_SECONDS
    return f"({nanoseconds} BETWEEN {_NOW} - {oldest} * 1000000000 AND {_NOW} + {newest} * 1000000000)"


def _instant(nanoseconds: str, believable: str) -> str:
    return f"fromUnixTimestamp64Nano(if({believable}, toInt64({nanoseconds}), {_NOW}))"


def _kept(attributes: str, nanoseconds: str, believable: str) -> str:
    return (
        f"if({believable}, {attributes}, mapUpdate({attributes}, "
        f"CAST(map('{ORIGINAL}', toString({nanoseconds})), 'Map(LowCardinality(String), String)')))"
    )


def traces(days: int) -> Signal:
    """Return the signal of spans; a start older than `days` is taken as the moment of receipt, and none is longer."""
    view = f"""TO otel_traces AS SELECT
      {_instant("r.start", "believable")} AS Timestamp,
      lower(hex(r.trace_id)) AS TraceId, lower(hex(r.span_id)) AS SpanId,
      lower(hex(r.parent_span_id)) AS ParentSpanId, r.trace_state AS TraceState, r.name AS SpanName,
      ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'][r.kind + 1] AS SpanKind,
      resource['service.name'] AS ServiceName, resource AS ResourceAttributes,
      scope_name AS ScopeName, scope_version AS ScopeVersion,
      {_kept("attributes", "r.start", "believable")} AS SpanAttributes,
      if(r.end > r.start, least(toUInt64(r.end - r.start), {days * 86_400} * 1000000000), 0) AS Duration,
      ['Unset', 'Ok', 'Error'][r.status.code + 1] AS StatusCode, r.status.message AS StatusMessage,
      arrayMap(e -> fromUnixTimestamp64Nano(toInt64(e.time)), r.events) AS `Events.Timestamp`,
      r.events.name AS `Events.Name`,
      arrayMap(e -> {_map("e.attributes")}, r.events) AS `Events.Attributes`,
      arrayMap(l -> lower(hex(l.trace_id)), r.links) AS `Links.TraceId`,
      arrayMap(l -> lower(hex(l.span_id)), r.links) AS `Links.SpanId`,
      r.links.trace_state AS `Links.TraceState`,
      arrayMap(l -> {_map("l.attributes")}, r.links) AS `Links.Attributes`
      FROM (SELECT *, {_believable("r.start", days)} AS believable, {_map("r.attributes")} AS attributes
        FROM {_records("otlp_traces")})"""
    return Signal("traces", _TRACES, _SPAN_TYPE, {"otlp_traces_view": view})


def logs(days: int) -> Signal:
    """Return the signal of log records; a time older than `days` is taken as the moment of receipt."""
    view = f"""TO otel_logs AS SELECT
      {_instant("sent", "believable")} AS Timestamp,
      lower(hex(r.trace_id)) AS TraceId, lower(hex(r.span_id)) AS SpanId,
      toUInt8(bitAnd(r.flags, 255)) AS TraceFlags,
      toUInt8(greatest(0, least(r.severity_number, 24))) AS SeverityNumber,
      r.severity_text AS SeverityText, resource['service.name'] AS ServiceName,
      {_body("r.body")} AS Body, resource AS ResourceAttributes, scope_name AS ScopeName,
      {_kept("attributes", "sent", "believable OR sent = 0")} AS LogAttributes
      FROM (SELECT *, if(r.time = 0, r.observed, r.time) AS sent,
        {_believable("sent", days)} AS believable, {_map("r.attributes")} AS attributes
        FROM {_records("otlp_logs")})"""
    return Signal("logs", _LOGS, _RECORD_TYPE, {"otlp_logs_view": view})


def metrics(days: int) -> Signal:
    """Return the signal of metrics: numbers, histograms of both kinds and summaries."""

    def view(table: str, kind: str, columns: str, extra: str = "") -> str:
        return f"""TO {table} AS SELECT {_instant("p.time", "believable")} AS Timestamp,
          fromUnixTimestamp64Nano(toInt64(p.start)) AS StartTime, resource['service.name'] AS ServiceName,
          resource AS ResourceAttributes, scope_name AS ScopeName, r.name AS MetricName,
          r.description AS MetricDescription, r.unit AS MetricUnit,
          {_kept("attributes", "p.time", "believable")} AS Attributes, {columns}
          FROM (SELECT *, {_believable("p.time", days)} AS believable,
            {_map("p.attributes")} AS attributes FROM (
            SELECT *, arrayJoin(r.{kind}.points) AS p{extra} FROM {_records("otlp_metrics")}))"""

    number = "p.as_double + p.as_int AS Value"
    temporality = "['Unspecified', 'Delta', 'Cumulative'][r.{}.temporality + 1] AS Temporality"
    measured = "p.count AS Count, p.sum AS Sum"
    return Signal(
        "metrics",
        _METRICS,
        _METRIC_TYPE,
        {
            "otlp_gauge_view": view("otel_metrics_number", "gauge", f"'gauge' AS Kind, '' AS Temporality, {number}"),
            "otlp_sum_view": view(
                "otel_metrics_number",
                "sum",
                f"if(r.sum.monotonic, 'counter', 'sum') AS Kind, {temporality.format('sum')}, {number}",
            ),
            "otlp_histogram_view": view(
                "otel_metrics_histogram",
                "histogram",
                f"{temporality.format('histogram')}, {measured}, p.bucket_counts AS BucketCounts, "
                "p.explicit_bounds AS ExplicitBounds, p.min AS Min, p.max AS Max",
            ),
            "otlp_exponential_view": view(
                "otel_metrics_exponential_histogram",
                "exponential",
                f"{temporality.format('exponential')}, {measured}, p.scale AS Scale, "
                "p.zero_count AS ZeroCount, p.positive.offset AS PositiveOffset, "
                "p.positive.bucket_counts AS PositiveBucketCounts, p.negative.offset AS NegativeOffset, "
                "p.negative.bucket_counts AS NegativeBucketCounts, p.min AS Min, p.max AS Max",
            ),
            "otlp_summary_view": view(
                "otel_metrics_summary",
                "summary",
                f"{measured}, p.quantiles.quantile AS Quantiles, p.quantiles.value AS Values",
            ),
        },
    )
