"""Rows of the store as the explore page shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from golive.kernel.ui import draw, words
from golive.kernel.ui.draw import Lens, Mark, Series, State
from golive.kernel.ui.parts import LogLine, Pair, Pattern, Span
from golive.kernel.ui.plots import Plot
from golive.watch.telemetry.domain import ERROR, WARN, pieces
from golive.watch.telemetry.pages.asking import Asked
from golive.watch.telemetry.queries import logs, traces, traffic

LEFT = "DC"
Named = Callable[[str], str]
_FLAGS = {
    "DC": "client left",
    "UF": "could not connect",
    "UH": "no healthy replica",
    "UT": "took too long",
    "UC": "replica closed the connection",
    "URX": "tried too often",
    "RL": "rate limit",
    "NR": "no route",
}


@dataclass(frozen=True)
class RequestRow:
    """One request; `trace` and `logs` are addresses or empty."""

    at: datetime
    state: State
    status: int
    method: str
    path: str
    flags: str
    release: str
    ms: float
    attempts: int
    trace: str
    logs: str


@dataclass(frozen=True)
class TraceRow:
    """One trace in a list."""

    at: datetime
    state: State
    path: str
    name: str
    exception: str
    release: str
    status: int
    ms: float


@dataclass(frozen=True)
class TraceError:
    """An exception that a span recorded."""

    kind: str
    message: str
    stack: str
    span: str


@dataclass(frozen=True)
class TracePage:
    """One trace, whole."""

    id: str
    short: str
    name: str
    detail: str
    badge: str
    state: State
    spans: Sequence[Span]
    total_ms: float
    errors: Sequence[TraceError]
    attributes: Sequence[tuple[str, str]]
    lines: Sequence[LogLine]


def request_row(row: traffic.Request, asked: Asked, named: Named) -> RequestRow:
    """One line of the list of requests."""
    flags = ", ".join(_FLAGS.get(flag, flag) for flag in row.flags.split(",") if flag and flag != "-")
    left = row.status == 0 and LEFT in row.flags
    failed = row.status >= 500 or (row.status == 0 and not left)
    state: State = "broken" if failed else "suspicious" if row.status >= 400 or left else "serving"
    return RequestRow(
        row.at,
        state,
        row.status,
        row.method,
        row.path,
        flags,
        named(row.release),
        row.ms,
        row.attempts,
        f"/explore/traces/{row.trace_id}" if row.trace_id else "",
        asked.path("logs", text="", more={"trace": row.trace_id}) if row.trace_id else asked.around("logs", row.at),
    )


def trace_row(row: traces.TraceSummary, named: Named) -> TraceRow:
    """One line of the list of traces."""
    return TraceRow(
        row.at,
        "broken" if row.error else "serving",
        f"/explore/traces/{row.trace_id}",
        row.name,
        row.exception,
        row.version or named(row.release),
        row.status,
        row.duration_ms,
    )


def mood(severity: int) -> State | None:
    """The look of a line of this severity."""
    return "broken" if severity >= ERROR else "suspicious" if severity >= WARN else None


def log_line(line: logs.LogLine, named: Named) -> LogLine:
    """One log line; with a trace it links to it."""
    path = f"/explore/traces/{line.trace_id}" if line.trace_id else ""
    return LogLine(
        line.at,
        line.severity[:5] or words.UNKNOWN,
        line.body,
        line.version or named(line.release),
        mood(line.severity_number),
        path,
    )


def pattern(row: logs.Pattern, asked: Asked) -> Pattern:
    """A pattern with what varies set apart; a press shows its lines."""
    return Pattern(
        row.count,
        pieces(row.template),
        f"first {words.ago(row.first_seen, asked.until)}",
        mood(row.severity_number),
        path=asked.path("logs", more={"pattern": row.pattern_id}),
    )


def trace_page(found: traces.Trace, lines: Sequence[LogLine], named: Named) -> TracePage:
    """One trace as a waterfall."""
    root, total = found.spans[0], max(found.duration_ms, 0.001)
    errors = [_error(span, event) for span in found.spans for event in span.events if event.name == "exception"]
    status = root.attributes.get("http.response.status_code") or root.attributes.get("http.status_code") or ""
    broken = any(span.error for span in found.spans)
    # The first span is the edge's hop, which knows nothing of the app.
    told = next((span for span in found.spans if span.release), root)
    where = f"release {named(told.release)}" if told.release else told.service
    return TracePage(
        found.trace_id,
        found.trace_id[:8],
        root.name,
        f"{found.at:%H:%M:%S} · {where} · {words.plural(len(found.spans), 'span')}",
        status or ("failed" if broken else "fine"),
        "broken" if broken else "serving",
        [_span(span, total) for span in found.spans],
        total,
        errors,
        sorted(told.attributes.items())[:40],
        lines,
    )


def _span(span: traces.Span, total: float) -> Span:
    database = next(
        (v for k, v in span.attributes.items() if k.startswith("db.") and k.endswith(("statement", "query.text"))),
        "",
    )
    is_database = any(key.startswith("db.") for key in span.attributes)
    kind = "database" if is_database else "outgoing" if span.kind in ("Client", "Producer") else ""
    return Span(
        span.name,
        min(span.offset_ms / total, 1.0),
        span.duration_ms / total,
        span.duration_ms,
        min(span.depth, 12),
        (database or span.status_message)[:120],
        kind,
        "broken" if span.error else None,
    )


def _error(span: traces.Span, event: traces.Event) -> TraceError:
    said = event.attributes
    return TraceError(
        said.get("exception.type", "error"),
        said.get("exception.message", ""),
        words.traceback(said.get("exception.stacktrace", "")),
        span.name,
    )


def requests_plot(
    points: Sequence[traffic.Point], asked: Asked, now: datetime, marks: Sequence[Mark] = ()
) -> tuple[Plot | None, list[Pair]]:
    """Bars of requests, failed in red, and their sums."""
    counts = [(p.at.timestamp(), float(p.requests), float(p.errors)) for p in points]
    all_, failed = sum(p.requests for p in points), sum(p.errors for p in points)
    seconds = max((asked.until - asked.since).total_seconds(), 1)
    pairs = [
        Pair("all", words.count(all_), f"{words.rate(all_ / seconds)} a second"),
        Pair(
            "failed",
            words.count(failed),
            words.percent(failed / all_) if all_ else "",
            "broken" if failed else None,
        ),
    ]
    return _bars(counts, asked, now, marks, "Requests, failed in red"), pairs


def lines_plot(
    volume: Sequence[logs.Volume], asked: Asked, now: datetime, marks: Sequence[Mark] = ()
) -> tuple[Plot | None, list[Pair]]:
    """Bars of lines, errors in red."""
    counts = [(v.at.timestamp(), float(v.lines), float(v.errors)) for v in volume]
    warnings, errors = sum(v.warnings for v in volume), sum(v.errors for v in volume)
    pairs = [
        Pair("lines", words.count(sum(v.lines for v in volume))),
        Pair("warnings", words.count(warnings), state="suspicious" if warnings else None),
        Pair("errors", words.count(errors), state="broken" if errors else None),
    ]
    return _bars(counts, asked, now, marks, "Log lines, errors in red"), pairs


def _bars(
    counts: list[tuple[float, float, float]], asked: Asked, now: datetime, marks: Sequence[Mark], label: str
) -> Plot | None:
    if not any(total for _, total, _ in counts):
        return None
    seen = Lens(asked.since.timestamp(), asked.until.timestamp(), now.timestamp())
    inside = [row for row in counts if seen.sees(row[0])]
    lines = [
        Series("all", [(t, n) for t, n, _ in inside]),
        Series("failed", [(t, b) for t, _, b in inside]),
    ]
    svg = draw.time_bars(seen, inside, asked.step.total_seconds(), label=label, marks=marks)
    here = asked.path()
    return Plot(svg, seen, lines, "count", zoom=here, explore=here)
