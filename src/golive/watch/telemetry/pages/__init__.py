"""Explore: requests, traces and logs behind one filter bar; every view is an address that can be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from golive.kernel import clock
from golive.kernel.access.http import page
from golive.kernel.ports import the
from golive.kernel.problems import NotFound, Problem
from golive.kernel.ui import words
from golive.kernel.ui.draw import Mark
from golive.kernel.ui.parts import Empty, Tab
from golive.watch.telemetry.pages import showing
from golive.watch.telemetry.pages.asking import LEVELS, RANGES, Asked, asked, base, number
from golive.watch.telemetry.ports import Chronicle, ReleaseNames, StoreUnavailable, TelemetryStore
from golive.watch.telemetry.queries import logs, traces, traffic

VIEWS = (("requests", "Requests"), ("traces", "Traces"), ("logs", "Logs"))
PLACEHOLDERS = {
    "requests": "part of a path, such as /checkout",
    "traces": "part of a name",
    "logs": 'words, or "an exact phrase"',
}
T = TypeVar("T")
_hands = ThreadPoolExecutor(4, thread_name_prefix="explore")
NO_SITE = Empty(
    "Nothing has been measured yet",
    "Requests come from the edge, traces and logs from your app, as soon as something is live.",
    "golive deploy",
)


@require_GET
@page()
def requests(request: HttpRequest) -> HttpResponseBase:
    """What users asked and what they got."""
    return _show(request, "requests", _requests)


@require_GET
@page()
def search_traces(request: HttpRequest) -> HttpResponseBase:
    """What the app did."""
    return _show(request, "traces", _traces)


@require_GET
@page()
def search_logs(request: HttpRequest) -> HttpResponseBase:
    """What the app said."""
    return _show(request, "logs", _logs)


@require_GET
@page()
def trace(request: HttpRequest, trace_id: str) -> HttpResponseBase:
    """One trace, whole, with its log lines."""
    source = _store()
    found = traces.trace(source, trace_id)
    if found is None:
        raise NotFound(
            f"The store has no trace {trace_id[:40]}.",
            hint="It may still be on its way (up to 5 s), the app may not send traces, or its time to keep is over.",
        )
    named = _names({span.release for span in found.spans})
    lines = logs.search(source, logs.LogFilter(trace_id=found.trace_id), limit=100)
    shown = showing.trace_page(found, [showing.log_line(line, named) for line in lines], named)
    failed = " and failed" if shown.state == "broken" else ""
    context = {
        "view": "trace",
        "title": f"{shown.name} took {words.milliseconds(shown.total_ms)}{failed}.",
        "trace": shown,
        "back": "/explore/traces",
        "body": "telemetry/trace.html",
    }
    return render(request, "telemetry/explore.html", context)


def _show(request: HttpRequest, view: str, fill: Any) -> HttpResponse:
    now = clock.now()
    try:
        source, sites = _store(), _sites()
        wanted = asked(request.GET, view, sites, now)
        found = (
            fill(source, wanted, now) if wanted.site else {"title": "Nothing has been measured yet.", "empty": NO_SITE}
        )
    except Problem as problem:
        sites, wanted = [], asked(request.GET, view, [], now)
        found = {"title": "The store does not answer.", "problem": problem}
    return render(request, "telemetry/explore.html", _frame(wanted, sites) | found)


def _frame(wanted: Asked, sites: list[str]) -> dict[str, Any]:
    known = sorted({*sites, *([wanted.site] if wanted.site else [])})
    return {
        "view": wanted.view,
        "action": base(wanted.view),
        "query": wanted.text,
        "placeholder": PLACEHOLDERS[wanted.view],
        "body": f"telemetry/{wanted.view}.html",
        "tabs": [Tab(name, wanted.path(view), view == wanted.view) for view, name in VIEWS],
        "chips": wanted.chips,
        "hidden": wanted.hidden,
        "quick": _quick(wanted),
        "ranges": [{"value": value, "name": name, "chosen": value == wanted.last} for value, name, _ in RANGES],
        "between": not wanted.last,
        "sites": [{"value": site, "name": site.replace("/", " "), "chosen": site == wanted.site} for site in known],
        "plot_name": "Lines" if wanted.view == "logs" else "Requests",
        "plot_detail": "errors in red" if wanted.view == "logs" else "failed in red",
    }


def _quick(wanted: Asked) -> list[tuple[str, str]]:
    """Filters that one press adds."""
    offers = {
        "requests": (("failed", "1", "failed only"), ("slow", "500", "slower than 500 ms")),
        "traces": (("failed", "1", "failed only"), ("slow", "500", "slower than 500 ms")),
        "logs": (("level", "warn", "warnings and up"), ("level", "error", "errors only")),
    }
    return [
        (words_, wanted.path(more={name: value}))
        for name, value, words_ in offers[wanted.view]
        if wanted.filters.get(name) != value
    ]


def _requests(source: TelemetryStore, wanted: Asked, now: datetime) -> dict[str, Any]:
    chosen = wanted.filters
    status = int(number(chosen.get("status", ""), 0))
    narrow = traffic.RequestFilter(
        wanted.site,
        wanted.since,
        wanted.until,
        release=chosen.get("release", ""),
        route=chosen.get("route", ""),
        path=wanted.text,
        visitor=chosen.get("visitor", ""),
        status_from=status,
        status_to=status if 0 < status < 500 else 999,
        failed_only="failed" in chosen,
        slower_than_ms=number(chosen.get("slow", "")),
    )
    series = _beside(lambda: _series(source, wanted))
    rows = traffic.requests(source, narrow, limit=200)
    points = series.result()
    plot, pairs = showing.requests_plot(points, wanted, now, _marks(wanted))
    named = _names({row.release for row in rows})
    total, failed = sum(p.requests for p in points), sum(p.errors for p in points)
    title = (
        f"{words.count(failed)} of {words.plural(total, 'request')} failed."
        if failed
        else f"{words.plural(total, 'request')}, none failed."
    )
    return {
        "title": title if total else "No request in this time.",
        "plot": plot,
        "pairs": pairs,
        "rows": [showing.request_row(row, wanted, named) for row in rows],
        "empty": None if rows else _nothing(wanted, "request"),
    }


def _traces(source: TelemetryStore, wanted: Asked, now: datetime) -> dict[str, Any]:
    chosen = wanted.filters
    narrow = traces.TraceFilter(
        wanted.site,
        wanted.since,
        wanted.until,
        release=chosen.get("release", ""),
        route=chosen.get("route", ""),
        name=wanted.text,
        errors_only="failed" in chosen,
        slower_than_ms=number(chosen.get("slow", "")),
    )
    series = _beside(lambda: _series(source, wanted))
    rows = traces.search(source, narrow, limit=200)
    points = series.result()
    plot, pairs = showing.requests_plot(points, wanted, now, _marks(wanted))
    named = _names({row.release for row in rows})
    title = (
        f"{words.plural(len(rows), 'trace')}{', the newest' if len(rows) == 200 else ''}." if rows else "No trace fits."
    )
    return {
        "title": title,
        "plot": plot,
        "pairs": pairs,
        "rows": [showing.trace_row(row, named) for row in rows],
        "empty": None if rows else _nothing(wanted, "trace"),
    }


def _logs(source: TelemetryStore, wanted: Asked, now: datetime) -> dict[str, Any]:
    chosen, release = wanted.filters, wanted.filters.get("release", "")
    level = LEVELS.get(chosen.get("level", ""), 0)
    narrow = logs.LogFilter(
        site=wanted.site,
        since=wanted.since,
        until=wanted.until,
        text=wanted.text,
        severity_at_least=level,
        release=release,
        process=chosen.get("process", ""),
        trace_id=chosen.get("trace", ""),
        pattern_id=chosen.get("pattern", ""),
    )
    counted = _beside(lambda: logs.volume(source, narrow, step=wanted.step))
    alike = _beside(lambda: _patterns(source, wanted, release, level))
    lines = logs.search(source, narrow, limit=200)
    volume, kinds = counted.result(), alike.result()
    plot, pairs = showing.lines_plot(volume, wanted, now, _marks(wanted))
    named = _names({line.release for line in lines})
    total = sum(v.lines for v in volume)
    return {
        "title": _lines_said(total, sum(v.errors for v in volume)),
        "plot": plot,
        "pairs": pairs,
        "follow": wanted.follow,
        "follow_path": wanted.path(follow=not wanted.follow),
        "patterns": [showing.pattern(kind, wanted) for kind in kinds],
        "lines": [showing.log_line(line, named) for line in lines],
        "empty": None if lines else _nothing(wanted, "line"),
    }


def _beside(ask: Callable[[], T]) -> Future[T]:
    """Put a question to the store while another one is answered: a page waits for the slowest, not for all in turn."""
    return _hands.submit(ask)


def _series(source: TelemetryStore, wanted: Asked) -> list[traffic.Point]:
    found = traffic.series(source, wanted.site, since=wanted.since, until=wanted.until, step=wanted.step)
    return found.get("", [])


def _patterns(source: TelemetryStore, wanted: Asked, release: str, level: int) -> list[logs.Pattern]:
    if {"trace", "pattern"} & set(wanted.filters) or wanted.text:
        return []
    return logs.patterns(
        source,
        wanted.site,
        since=wanted.since,
        until=wanted.until,
        release=release,
        severity_at_least=level,
        limit=12,
    )


def _lines_said(total: int, errors: int) -> str:
    if not total:
        return "No line fits."
    found = f"{words.plural(errors, 'error')} among them" if errors else "no error among them"
    return f"{words.plural(total, 'line')}, {found}."


def _nothing(wanted: Asked, what: str) -> Empty:
    if wanted.filters or wanted.text:
        return Empty(
            f"No {what} fits",
            "Take away a filter, or look at a longer time.",
            verb="Without filters",
            path=f"{base(wanted.view)}?site={wanted.site}",
        )
    if what == "request":
        return Empty("Nobody came", "The edge saw no request to this site in this time.")
    return Empty(
        f"No {what} yet",
        "Log lines are what the app prints. Traces come from golive_app, a package in golive's own checkout, "
        "or from any OpenTelemetry SDK.",
    )


def _store() -> TelemetryStore:
    try:
        return the(TelemetryStore)
    except LookupError:
        raise StoreUnavailable("This process knows no store.", hint="`golive up` starts one.") from None


def _sites() -> list[str]:
    try:
        return the(ReleaseNames).sites()
    except LookupError:
        return []


def _marks(wanted: Asked) -> Sequence[Mark]:
    try:
        return the(Chronicle).marks(wanted.site, wanted.since, wanted.until)
    except LookupError:
        return ()


def _names(releases: set[str]) -> showing.Named:
    """Versions of releases, by id; the id itself for one that nobody knows."""
    try:
        known = the(ReleaseNames).versions(releases - {""})
    except LookupError:
        known = {}
    return lambda release: known.get(release, release)
