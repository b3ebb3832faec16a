"""Tables of the store: those of the OpenTelemetry Collector's exporter plus what golive asks most.

Releases, routes, statuses and ids of errors and patterns are columns that the engine fills at ingest,
whoever inserts. Every table is cut into days, so that keeping `n` days is dropping partitions.
"""

from typing import Final

from golive.adapters.clickhouse import dialect

DATABASE: Final = "otel"

RETENTION: Final = {
    "otel_traces": 7,
    "otel_traces_trace_id_ts": 7,
    "otel_logs": 14,
    "otel_metrics_number": 30,
    "otel_metrics_histogram": 30,
    "otel_metrics_exponential_histogram": 30,
    "otel_metrics_summary": 30,
    "edge_requests": 30,
    "edge_attempts": 14,
    "errors": 90,
    "log_patterns": 90,
}
"""Days that each table keeps unless the configuration says otherwise."""

_TIME = "CODEC(Delta(8), ZSTD(1))"
_ATTRIBUTES = "Map(LowCardinality(String), String) CODEC(ZSTD(1))"
_LABEL = "LowCardinality(String)"

_RESOURCE = f"""
  ServiceVersion {_LABEL} MATERIALIZED ResourceAttributes['service.version'],
  Release {_LABEL} MATERIALIZED ResourceAttributes['golive.release'],
  Environment {_LABEL} MATERIALIZED if(ResourceAttributes['deployment.environment.name'] != '',
    ResourceAttributes['deployment.environment.name'], ResourceAttributes['deployment.environment']),
  Replica {_LABEL} MATERIALIZED ResourceAttributes['service.instance.id'],"""


SETTINGS: Final = {
    # So many of the last blocks of a table are known again: what is tried a second time is there once.
    "non_replicated_deduplication_window": 100,
    # Merging small parts took as much CPU as inserting them: each row is merged less often, and by columns, because
    # merging maps row by row costs more.
    "merge_selector_base": 10,
    "vertical_merge_algorithm_min_rows_to_activate": 8192,
}
"""Settings of every table, also of those that were made before a setting was."""

_SETTLED: Final = [f"{name} = {value}" for name, value in SETTINGS.items()]

UNSETTLED: Final = (
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' "
    "AND NOT (" + " AND ".join(f"engine_full LIKE '%{said}%'" for said in _SETTLED) + ")"
)
"""Names the tables of a store from before that."""

SETTLE: Final = f"MODIFY SETTING {', '.join(_SETTLED)}"


def _engine(order: str, day: str = "toDate(Timestamp)", kind: str = "MergeTree") -> str:
    return (
        f"ENGINE = {kind} PARTITION BY {day} ORDER BY {order} "
        f"SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, {', '.join(_SETTLED)}"
    )


_EXCEPTION = "indexOf(`Events.Name`, 'exception')"

TRACES: Final = f"""CREATE TABLE IF NOT EXISTS otel_traces (
  Timestamp DateTime64(9) {_TIME},
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  ParentSpanId String CODEC(ZSTD(1)),
  TraceState String CODEC(ZSTD(1)),
  SpanName {_LABEL},
  SpanKind {_LABEL},
  ServiceName {_LABEL},
  ResourceAttributes {_ATTRIBUTES},
  ScopeName {_LABEL},
  ScopeVersion {_LABEL},
  SpanAttributes {_ATTRIBUTES},
  Duration UInt64 CODEC(ZSTD(1)),
  StatusCode {_LABEL},
  StatusMessage String CODEC(ZSTD(1)),
  Events Nested (Timestamp DateTime64(9), Name {_LABEL}, Attributes Map(LowCardinality(String), String))
    CODEC(ZSTD(1)),
  Links Nested (TraceId String, SpanId String, TraceState String,
    Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
  {_RESOURCE}
  HttpRoute {_LABEL} MATERIALIZED SpanAttributes['http.route'],
  HttpStatus UInt16 MATERIALIZED toUInt16OrZero(if(SpanAttributes['http.response.status_code'] != '',
    SpanAttributes['http.response.status_code'], SpanAttributes['http.status_code'])),
  Shape UInt64 MATERIALIZED cityHash64(ServiceName, SpanKind, {dialect.template("SpanName")}),
  ExceptionType {_LABEL}
    MATERIALIZED if({_EXCEPTION} = 0, '', `Events.Attributes`[{_EXCEPTION}]['exception.type']),
  ExceptionMessage String
    MATERIALIZED if({_EXCEPTION} = 0, '', `Events.Attributes`[{_EXCEPTION}]['exception.message']) CODEC(ZSTD(1)),
  ExceptionStack String EPHEMERAL
    if({_EXCEPTION} = 0, '', `Events.Attributes`[{_EXCEPTION}]['exception.stacktrace']),
  ErrorGroup String MATERIALIZED
    {dialect.error_group("ExceptionType", "ExceptionMessage", "ExceptionStack")} CODEC(ZSTD(1)),
  INDEX trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX error_group ErrorGroup TYPE bloom_filter(0.01) GRANULARITY 1
) {_engine("(ServiceName, SpanName, toDateTime(Timestamp))")}"""

TRACE_TIMES: Final = f"""CREATE TABLE IF NOT EXISTS otel_traces_trace_id_ts (
  TraceId String CODEC(ZSTD(1)),
  Start DateTime CODEC(Delta, ZSTD(1)),
  End DateTime CODEC(Delta, ZSTD(1))
) {_engine("(TraceId, Start)", "toDate(Start)")}"""

LOGS: Final = f"""CREATE TABLE IF NOT EXISTS otel_logs (
  Timestamp DateTime64(9) {_TIME},
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  TraceFlags UInt8,
  SeverityText {_LABEL},
  SeverityNumber UInt8,
  ServiceName {_LABEL},
  Body String CODEC(ZSTD(1)),
  ResourceAttributes {_ATTRIBUTES},
  ScopeName {_LABEL},
  LogAttributes {_ATTRIBUTES},
  Source {_LABEL},
  Offset UInt64 CODEC(Delta, ZSTD(1)),
  Length UInt32 CODEC(ZSTD(1)),
  IngestedAt DateTime64(6) DEFAULT now64(6) CODEC(Delta, ZSTD(1)),
  {_RESOURCE}
  Process {_LABEL} MATERIALIZED ResourceAttributes['golive.process'],
  PatternId String MATERIALIZED {dialect.identity(dialect.template("Body"))} CODEC(ZSTD(1)),
  ExceptionType {_LABEL} MATERIALIZED LogAttributes['exception.type'],
  ExceptionMessage String MATERIALIZED LogAttributes['exception.message'] CODEC(ZSTD(1)),
  ErrorGroup String MATERIALIZED {
    dialect.error_group("ExceptionType", "ExceptionMessage", "LogAttributes['exception.stacktrace']")
} CODEC(ZSTD(1)),
  INDEX body Body TYPE text(tokenizer = splitByNonAlpha, preprocessor = lower(Body)),
  INDEX trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX ingested IngestedAt TYPE minmax GRANULARITY 1
) {_engine("(ServiceName, Timestamp)")}"""

ERRORS: Final = f"""CREATE TABLE IF NOT EXISTS errors (
  Timestamp DateTime64(9) {_TIME},
  ServiceName {_LABEL},
  Environment {_LABEL},
  Release {_LABEL},
  ErrorGroup String CODEC(ZSTD(1)),
  ExceptionType {_LABEL},
  ExceptionMessage String CODEC(ZSTD(1)),
  Stack String CODEC(ZSTD(3)),
  Route {_LABEL},
  TraceId String CODEC(ZSTD(1)),
  Occurrence String CODEC(ZSTD(1)),
  Signal {_LABEL}
) {_engine("(ServiceName, Environment, ErrorGroup, Timestamp)")}"""

PATTERNS: Final = f"""CREATE TABLE IF NOT EXISTS log_patterns (
  Hour DateTime,
  ServiceName {_LABEL},
  Environment {_LABEL},
  Release {_LABEL},
  PatternId String,
  SeverityNumber UInt8,
  Template SimpleAggregateFunction(any, String),
  Count SimpleAggregateFunction(sum, UInt64),
  FirstSeen SimpleAggregateFunction(min, DateTime64(9)),
  LastSeen SimpleAggregateFunction(max, DateTime64(9))
) {
    _engine(
        "(ServiceName, Environment, PatternId, Release, SeverityNumber, Hour)",
        "toDate(Hour)",
        "AggregatingMergeTree",
    )
}"""

_EDGE = f"""
  Timestamp DateTime64(6) {_TIME},
  Site {_LABEL},
  RequestId String CODEC(ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  Release {_LABEL},
  Replica {_LABEL},
  Method {_LABEL},
  Path String CODEC(ZSTD(1)),
  Route {_LABEL},
  Status UInt16 CODEC(ZSTD(1)),
  Flags {_LABEL},
  Ms Float32 CODEC(ZSTD(1)),
  Visitor String CODEC(ZSTD(1)),
  ClientAddress String CODEC(ZSTD(1)),
  UserAgent {_LABEL},
  Kind {_LABEL},
  Bytes UInt64 CODEC(ZSTD(1)),
  Attempts UInt16,
  Extra {_ATTRIBUTES},
  Source {_LABEL},
  Offset UInt64 CODEC(Delta, ZSTD(1)),
  Length UInt32 CODEC(ZSTD(1)),
  IngestedAt DateTime64(6) DEFAULT now64(6) CODEC(Delta, ZSTD(1)),
  INDEX request RequestId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX ingested IngestedAt TYPE minmax GRANULARITY 1"""

EDGE: Final = tuple(
    f"CREATE TABLE IF NOT EXISTS {table} ({_EDGE}) {_engine('(Site, Timestamp)')}"
    for table in ("edge_requests", "edge_attempts")
)

VIEWS: Final = {
    "otel_traces_trace_id_ts_view": """TO otel_traces_trace_id_ts AS
      SELECT TraceId, toDateTime(min(Timestamp)) AS Start,
        toDateTime(max(Timestamp + toIntervalNanosecond(Duration))) AS End
      FROM otel_traces WHERE TraceId != '' GROUP BY TraceId""",
    "errors_of_traces": f"""TO errors AS
      SELECT Timestamp, ServiceName, Environment, Release, ErrorGroup, ExceptionType,
        ExceptionMessage, `Events.Attributes`[{_EXCEPTION}]['exception.stacktrace'] AS Stack,
        HttpRoute AS Route, TraceId, if(TraceId = '', SpanId, TraceId) AS Occurrence, 'span' AS Signal
      FROM otel_traces WHERE ErrorGroup != ''""",
    "errors_of_logs": """TO errors AS
      SELECT Timestamp, ServiceName, Environment, Release, ErrorGroup, ExceptionType,
        ExceptionMessage, LogAttributes['exception.stacktrace'] AS Stack,
        LogAttributes['http.route'] AS Route, TraceId,
        if(TraceId = '', hex(sipHash64(Timestamp, Replica, Offset, Body)), TraceId) AS Occurrence,
        'log' AS Signal
      FROM otel_logs WHERE ErrorGroup != ''""",
    "log_patterns_view": f"""TO log_patterns AS
      SELECT toStartOfHour(Timestamp) AS Hour, ServiceName, Environment, Release, PatternId,
        SeverityNumber, {dialect.template("any(Body)")} AS Template, count() AS Count,
        min(Timestamp) AS FirstSeen, max(Timestamp) AS LastSeen
      FROM otel_logs GROUP BY Hour, ServiceName, Environment, Release, PatternId, SeverityNumber""",
}

_METRIC = f"""
  Timestamp DateTime64(9) {_TIME},
  StartTime DateTime64(9) {_TIME},
  ServiceName {_LABEL},
  ResourceAttributes {_ATTRIBUTES},
  ScopeName {_LABEL},
  MetricName {_LABEL},
  MetricDescription {_LABEL},
  MetricUnit {_LABEL},
  Attributes {_ATTRIBUTES},
  {_RESOURCE}"""
_MEASURED = "Temporality LowCardinality(String), Count UInt64, Sum Float64"

METRICS: Final = tuple(
    f"CREATE TABLE IF NOT EXISTS {table} ({_METRIC} {columns}) "
    f"{_engine('(ServiceName, MetricName, Attributes, Timestamp)')}"
    for table, columns in (
        (
            "otel_metrics_number",
            f"Kind {_LABEL}, Temporality {_LABEL}, Value Float64 CODEC(ZSTD(1))",
        ),
        (
            "otel_metrics_histogram",
            f"{_MEASURED}, BucketCounts Array(UInt64), ExplicitBounds Array(Float64), Min Float64, Max Float64",
        ),
        (
            "otel_metrics_exponential_histogram",
            f"{_MEASURED}, Scale Int32, ZeroCount UInt64, PositiveOffset Int32, "
            "PositiveBucketCounts Array(UInt64), NegativeOffset Int32, "
            "NegativeBucketCounts Array(UInt64), Min Float64, Max Float64",
        ),
        (
            "otel_metrics_summary",
            "Count UInt64, Sum Float64, Quantiles Array(Float64), Values Array(Float64)",
        ),
    )
)

TABLES: Final = (TRACES, TRACE_TIMES, LOGS, ERRORS, PATTERNS, *EDGE, *METRICS)
