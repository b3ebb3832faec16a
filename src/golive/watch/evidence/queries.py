"""The evidence about a release: everything that differs from the one it replaced, counted exactly.

Nothing is sampled: each figure comes from all rows of the window. Only the answer is bounded.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from golive.watch.evidence.domain import added_ms, surprise
from golive.watch.telemetry.domain import ROUTE_CHARACTERS, ROUTE_TEMPLATE, split_site
from golive.watch.telemetry.ports import TelemetryStore
from golive.watch.telemetry.queries import errors, traffic

TOP: Final = 10
"""Entries of each kind that are kept."""
NOTABLE: Final = 3.84
"""G statistic below which a difference is left out: 5 % of equal pairs exceed it."""
SAMPLES: Final = 5
NOBODY: Final = "-"
"""A name that no release has."""


@dataclass(frozen=True)
class StatusShift:
    """How often a route answered with a status on both releases, by tries of the edge; `weight` is a signed G statistic.

    Negative: the new release answers so less often. `rescued` are failed tries at the new release of which no user saw
    anything, because another try answered. `request_ids` and `trace_ids` are examples.
    """

    route: str
    status: int
    new_count: int
    new_requests: int
    old_count: int
    old_requests: int
    rescued: int
    weight: float
    request_ids: list[str]
    trace_ids: list[str]

    @property
    def bad(self) -> bool:
        """Say whether this is a failure that the new release has more of."""
        return self.weight > 0 and (self.status >= 400 or self.status == 0)


@dataclass(frozen=True)
class SlowerRoute:
    """A route whose p95, in milliseconds, is higher on the new release."""

    route: str
    new_requests: int
    old_requests: int
    new_p95_ms: float
    old_p95_ms: float
    weight: float
    request_ids: list[str]


@dataclass(frozen=True)
class NewError(errors.ErrorGroup):
    """Exceptions that the new release has and the replaced one never had.

    `seen_before` is the id of the last release before that one which had them, "" when none did.
    """

    seen_before: str


@dataclass(frozen=True)
class NewPattern:
    """A log pattern that the new release writes and the replaced one never wrote; `seen_before` as of errors."""

    pattern_id: str
    template: str
    severity_number: int
    count: int
    first_seen: datetime
    seen_before: str


@dataclass(frozen=True)
class Evidence:
    """What differs, the weightiest first; `old` and `new` are the totals of the requests that each side ended for a user."""

    site: str
    since: datetime
    until: datetime
    new: traffic.Traffic
    old: traffic.Traffic
    statuses: list[StatusShift]
    slower: list[SlowerRoute]
    new_errors: list[NewError]
    new_patterns: list[NewPattern]
    trace_ids: list[str]


def compare(store: TelemetryStore, site: str, *, old: str, new: str, since: datetime, until: datetime) -> Evidence:
    """Return what differs between two releases (ids) of a site in a window; a first release has no `old`.

    Raises `StoreUnavailable`, and `ValueError` for a site that is none.
    """
    # Without a name are the requests that reached no release.
    before = old or NOBODY
    window = {"site": site, "old": before, "new": new, "since": since, "until": until}
    totals = {t.name: t for t in traffic.releases(store, site, since=since, until=until)}
    return Evidence(
        site,
        since,
        until,
        totals.get(new, traffic.Traffic()),
        totals.get(before, traffic.Traffic()),
        _statuses(store, window),
        _slower(store, window),
        _new_errors(store, window),
        _new_patterns(store, window),
        _failed_traces(store, window),
    )


_WINDOW: Final = """Site = {site:String} AND Release IN ({old:String}, {new:String})
  AND Timestamp >= {since:DateTime64(6)} AND Timestamp < {until:DateTime64(6)}"""


_SILENT: Final = "(Status = 0 OR Status >= 500)"


def _statuses(store: TelemetryStore, window: dict[str, Any]) -> list[StatusShift]:
    """Return what differs by the tries at replicas: the log of requests does not have those that another try made good."""
    rows = store.query(
        f"""SELECT Route AS route, Status AS status, countIf(Release = {{new:String}}) AS new_count,
          countIf(Release = {{old:String}}) AS old_count,
          countIf(Release = {{new:String}} AND {traffic.FAILED} AND RequestId IN (
            SELECT RequestId FROM edge_requests WHERE Site = {{site:String}}
              AND Timestamp >= {{since:DateTime64(6)}} AND Timestamp < {{until:DateTime64(6)}}
              AND Attempts > 1 AND NOT {traffic.FAILED})) AS rescued,
          groupArrayIf({SAMPLES})(RequestId, Release = {{new:String}} AND RequestId != '') AS request_ids,
          groupArrayIf({SAMPLES})(TraceId, Release = {{new:String}} AND TraceId != '') AS trace_ids
        FROM edge_attempts WHERE {_WINDOW} GROUP BY Route, Status""",
        window,
    )
    silent = {row["route"] for row in rows if row["status"] == 0 or row["status"] >= 500}
    answered = {row["route"] for row in rows if 0 < row["status"] < 500}
    if silent - answered:
        rows = _under_one_route(rows, _routes_of_silence(store, window))
    notable = [shift for shift in _shifts(rows) if abs(shift.weight) >= NOTABLE]
    return sorted(notable, key=lambda shift: (not shift.bad, -abs(shift.weight)))[:TOP]


def _routes_of_silence(store: TelemetryStore, window: dict[str, Any]) -> dict[str, str]:
    """Return the application's route for what paths look like: a try that it did not answer has only that."""
    rows = store.query(
        f"""SELECT look, argMax(Route, (Route != look, hits)) AS route
        FROM (SELECT Route, leftUTF8({ROUTE_TEMPLATE}, {ROUTE_CHARACTERS}) AS look, count() AS hits FROM edge_attempts
          WHERE {_WINDOW} AND NOT {_SILENT} GROUP BY Route, Path)
        WHERE look IN (SELECT Route FROM edge_attempts WHERE {_WINDOW} AND {_SILENT})
        GROUP BY look""",
        window,
    )
    return {row["look"]: row["route"] for row in rows}


def _under_one_route(rows: Sequence[dict[str, Any]], routes: Mapping[str, str]) -> list[dict[str, Any]]:
    merged: dict[tuple[str, int], dict[str, Any]] = {}
    for row in rows:
        route = routes.get(row["route"], row["route"])
        into = merged.setdefault((route, row["status"]), {"route": route, "status": row["status"]})
        for name in row.keys() - {"route", "status"}:
            into[name] = into[name] + row[name] if name in into else row[name]
    return [{**row, **{name: row[name][:SAMPLES] for name in ("request_ids", "trace_ids")}} for row in merged.values()]


def _shifts(rows: Sequence[dict[str, Any]]) -> Iterator[StatusShift]:
    new: Counter[str] = Counter()
    old: Counter[str] = Counter()
    for row in rows:
        new[row["route"]] += row["new_count"]
        old[row["route"]] += row["old_count"]
    for row in rows:
        totals = new[row["route"]], old[row["route"]]
        weight = surprise(row["new_count"], totals[0], row["old_count"], totals[1])
        yield StatusShift(**row, new_requests=totals[0], old_requests=totals[1], weight=weight)


def _slower(store: TelemetryStore, window: dict[str, Any]) -> list[SlowerRoute]:
    rows = store.query(
        f"""SELECT Route AS route, countIf(Release = {{new:String}}) AS new_requests,
          countIf(Release = {{old:String}}) AS old_requests,
          quantileExactIf(0.95)(Ms, Release = {{new:String}}) AS new_p95_ms,
          quantileExactIf(0.95)(Ms, Release = {{old:String}}) AS old_p95_ms,
          arrayMap(p -> p.2, groupArraySortedIf({SAMPLES})(
            (-Ms, RequestId), Release = {{new:String}} AND RequestId != '')) AS request_ids
        FROM edge_requests WHERE {_WINDOW} AND Status BETWEEN 100 AND 499
        GROUP BY Route HAVING new_requests >= 5 AND old_requests >= 5
          AND new_p95_ms > old_p95_ms * 1.3 AND new_p95_ms > old_p95_ms + 20""",
        window,
    )
    slower = [
        SlowerRoute(**row, weight=added_ms(row["new_p95_ms"], row["old_p95_ms"], row["new_requests"])) for row in rows
    ]
    return sorted(slower, key=lambda route: -route.weight)[:TOP]


_OTHERS: Final = "Release NOT IN ('', {old:String}, {new:String})"


def _new_errors(store: TelemetryStore, window: dict[str, Any]) -> list[NewError]:
    """Return groups that the new release has in the window and the replaced one in none of its kept rows."""
    service, environment = split_site(window["site"])
    found = store.query(
        f"""WITH Release = {{new:String}} AND Timestamp >= {{since:DateTime64(6)}}
          AND Timestamp < {{until:DateTime64(6)}} AS here
        SELECT ErrorGroup AS group, argMaxIf(Release, Timestamp, {_OTHERS}) AS seen_before FROM errors
        WHERE ServiceName = {{service:String}} AND Environment = {{environment:String}}
          AND ErrorGroup IN (SELECT ErrorGroup FROM errors
            WHERE ServiceName = {{service:String}} AND Environment = {{environment:String}} AND here)
        GROUP BY ErrorGroup HAVING countIf(Release = {{old:String}}) = 0
        ORDER BY uniqExactIf(Occurrence, here) DESC, group LIMIT {{top:UInt32}}""",
        {**window, "service": service, "environment": environment, "top": TOP},
    )
    if not found:
        return []
    before = {row["group"]: row["seen_before"] for row in found}
    span = {"since": window["since"], "until": window["until"]}
    groups = errors.groups(store, window["site"], **span, release=window["new"], only=list(before))
    return [NewError(**vars(group), seen_before=before[group.group]) for group in groups]


def _new_patterns(store: TelemetryStore, window: dict[str, Any]) -> list[NewPattern]:
    """Return patterns by the same rule; of an hour at the window's edge all lines count."""
    service, environment = split_site(window["site"])
    rows = store.query(
        f"""WITH Release = {{new:String}} AND LastSeen >= {{since:DateTime64(6)}}
          AND FirstSeen < {{until:DateTime64(6)}} AS here
        SELECT PatternId AS pattern_id, any(Template) AS template,
          max(SeverityNumber) AS severity_number, sumIf(Count, here) AS count,
          min(FirstSeen) AS first_seen, argMaxIf(Release, LastSeen, {_OTHERS}) AS seen_before
        FROM log_patterns
        WHERE ServiceName = {{service:String}} AND Environment = {{environment:String}}
          AND PatternId IN (SELECT PatternId FROM log_patterns
            WHERE ServiceName = {{service:String}} AND Environment = {{environment:String}} AND here)
        GROUP BY PatternId HAVING countIf(Release = {{old:String}}) = 0
        ORDER BY severity_number DESC, count DESC LIMIT {{top:UInt32}}""",
        {**window, "service": service, "environment": environment, "top": TOP},
    )
    return [NewPattern(**row) for row in rows]


def _failed_traces(store: TelemetryStore, window: dict[str, Any]) -> list[str]:
    service, environment = split_site(window["site"])
    rows = store.query(
        """SELECT TraceId AS trace_id FROM otel_traces
        WHERE ServiceName = {service:String} AND Environment = {environment:String}
          AND Release = {new:String} AND TraceId != '' AND (StatusCode = 'Error' OR HttpStatus >= 500)
          AND Timestamp >= {since:DateTime64(6)} AND Timestamp < {until:DateTime64(6)}
        ORDER BY SpanKind = 'Server' DESC, Timestamp DESC LIMIT 1 BY TraceId LIMIT {top:UInt32}""",
        {**window, "service": service, "environment": environment, "top": TOP},
    )
    return [row["trace_id"] for row in rows]
