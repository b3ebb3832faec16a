"""Logs: searching, following, their volume and their patterns."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from golive.watch.telemetry.domain import ERROR, WARN, split_site
from golive.watch.telemetry.ports import TelemetryStore


@dataclass(frozen=True)
class LogFilter:
    """Which lines to show; empty fields do not narrow.

    `text` is words that must all occur, or a phrase in double quotes. `site` is service/environment.
    """

    site: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    severity_at_least: int = 0
    release: str = ""
    process: str = ""
    trace_id: str = ""
    pattern_id: str = ""
    error_group: str = ""


@dataclass(frozen=True)
class LogLine:
    """One line or record; `severity_number` as OpenTelemetry counts."""

    at: datetime
    severity: str
    severity_number: int
    body: str
    service: str
    environment: str
    release: str
    version: str
    process: str
    replica: str
    trace_id: str
    span_id: str
    pattern_id: str
    error_group: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class Tail:
    """New lines in order of arrival, where to go on, and how many older ones were left out."""

    lines: list[LogLine]
    cursor: datetime
    skipped: int


@dataclass(frozen=True)
class Volume:
    """Lines in one step that begins at `at`."""

    at: datetime
    lines: int
    warnings: int
    errors: int


@dataclass(frozen=True)
class Pattern:
    """Lines of one statement; `releases` counts by release id."""

    pattern_id: str
    template: str
    count: int
    severity_number: int
    first_seen: datetime
    last_seen: datetime
    releases: dict[str, int]


LINE_CHARACTERS: Final = 16_384  # of one line in an answer of many; whole lines may have megabytes
_LINE: Final = f"""Timestamp AS at, SeverityText AS severity, SeverityNumber AS severity_number,
  if(lengthUTF8(Body) <= {LINE_CHARACTERS}, Body, concat(leftUTF8(Body, {LINE_CHARACTERS}),
    ' ... [cut here; the whole line has ', toString(lengthUTF8(Body)), ' characters]')) AS body, ServiceName AS service, Environment AS environment, Release AS release,
  ServiceVersion AS version, Process AS process, Replica AS replica, TraceId AS trace_id,
  SpanId AS span_id, PatternId AS pattern_id, ErrorGroup AS error_group, LogAttributes AS attributes"""


_TERMS: Final = {
    "since": "Timestamp >= {since:DateTime64(6)}",
    "until": "Timestamp < {until:DateTime64(6)}",
    "severity_at_least": "SeverityNumber >= {severity_at_least:UInt8}",
    "release": "Release = {release:String}",
    "process": "Process = {process:String}",
    "trace_id": "TraceId = {trace_id:String}",
    "pattern_id": "PatternId = {pattern_id:String}",
    "error_group": "ErrorGroup = {error_group:String}",
}


def _where(wanted: LogFilter) -> tuple[str, dict[str, Any]]:
    given = {name: value for name, value in vars(wanted).items() if name in _TERMS and value}
    terms = ["1", *(_TERMS[name] for name in given)]
    if wanted.site:
        terms.append("ServiceName = {service:String} AND Environment = {environment:String}")
        given["service"], given["environment"] = split_site(wanted.site)
    text, phrase = _phrase(wanted.text)
    if any(character.isalnum() and character.isascii() for character in text):
        terms.append("hasAllTokens(Body, {text:String})")
    elif text:
        phrase = True
    if phrase:
        terms.append("positionCaseInsensitiveUTF8(Body, {text:String}) > 0")
    return " AND ".join(terms), {**given, "text": text}


def _phrase(text: str) -> tuple[str, bool]:
    stripped = text.strip()
    if len(stripped) > 2 and stripped[0] == stripped[-1] == '"':
        return stripped[1:-1], True
    return stripped, False


def search(store: TelemetryStore, wanted: LogFilter, *, limit: int = 200) -> list[LogLine]:
    """Return the newest matching lines, at most `limit` (1..5000), newest first."""
    where, params = _where(wanted)
    rows = store.query(
        f"""SELECT {_LINE} FROM otel_logs WHERE {where}
        ORDER BY Timestamp DESC, Offset DESC LIMIT {{limit:UInt32}}""",
        {**params, "limit": max(1, min(limit, 5000))},
    )
    return [LogLine(**row) for row in rows]


def tail(store: TelemetryStore, wanted: LogFilter, *, cursor: datetime, limit: int = 500) -> Tail:
    """Return what arrived after `cursor`; begin with the present moment, go on with the answer's.

    Arrival, not the time in the line, orders the lines: late ones are not missed.
    """
    where, params = _where(wanted)
    rows = store.query(
        f"""SELECT {_LINE}, IngestedAt AS arrived, count() OVER () AS found FROM otel_logs
        WHERE IngestedAt > {{cursor:DateTime64(6)}} AND {where}
        ORDER BY IngestedAt DESC, Timestamp DESC, Offset DESC LIMIT {{limit:UInt32}}""",
        {**params, "cursor": cursor, "limit": max(1, min(limit, 5000))},
    )
    if not rows:
        return Tail([], cursor, 0)
    arrived, found = rows[0]["arrived"], rows[0]["found"]
    for row in rows:
        del row["arrived"], row["found"]
    return Tail([LogLine(**row) for row in reversed(rows)], arrived, found - len(rows))


def volume(store: TelemetryStore, wanted: LogFilter, *, step: timedelta) -> list[Volume]:
    """Return how many lines matched in each step of whole seconds that has any."""
    where, params = _where(wanted)
    rows = store.query(
        f"""SELECT toStartOfInterval(toDateTime(Timestamp), toIntervalSecond({{step:UInt32}})) AS at,
          count() AS lines, countIf(SeverityNumber BETWEEN {WARN} AND {ERROR - 1}) AS warnings,
          countIf(SeverityNumber >= {ERROR}) AS errors
        FROM otel_logs WHERE {where} GROUP BY at ORDER BY at LIMIT 10000""",
        {**params, "step": max(int(step.total_seconds()), 1)},
    )
    return [Volume(**row) for row in rows]


def patterns(
    store: TelemetryStore,
    site: str,
    *,
    since: datetime,
    until: datetime,
    release: str = "",
    severity_at_least: int = 0,
    limit: int = 100,
) -> list[Pattern]:
    """Return the patterns of a site's lines, the most frequent first, counted by whole hours."""
    service, environment = split_site(site)
    rows = store.query(
        """SELECT PatternId AS pattern_id, any(Template) AS template, sum(lines) AS count,
          max(severity) AS severity_number, min(first) AS first_seen, max(last) AS last_seen,
          CAST(groupArray((Release, lines)), 'Map(String, UInt64)') AS releases
        FROM (
          SELECT PatternId, Release, any(Template) AS Template, sum(Count) AS lines,
            max(SeverityNumber) AS severity, min(FirstSeen) AS first, max(LastSeen) AS last
          FROM log_patterns
          WHERE ServiceName = {service:String} AND Environment = {environment:String}
            AND Hour >= toStartOfHour({since:DateTime64(6)}) AND Hour < {until:DateTime64(6)}
            AND ({release:String} = '' OR Release = {release:String})
            AND SeverityNumber >= {severity:UInt8}
          GROUP BY PatternId, Release)
        GROUP BY PatternId ORDER BY count DESC LIMIT {limit:UInt32}""",
        {
            "service": service,
            "environment": environment,
            "since": since,
            "until": until,
            "release": release,
            "severity": severity_at_least,
            "limit": max(1, min(limit, 1000)),
        },
    )
    return [Pattern(**{**row, "releases": {k: int(v) for k, v in row["releases"].items()}}) for row in rows]
