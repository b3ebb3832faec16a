"""The evidence about a release: everything that differs from the one it replaced, counted exactly.

Nothing is sampled: each figure comes from all rows of the window. Only the answer is bounded.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from golive.watch.evidence.domain import added_ms, surprise
from golive.watch.telemetry.domain import split_site
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
    """How often a route answered with a status on both releases; `weight` is a signed G statistic.

    Negative: the new release answers so less often. `request_ids` and `trace_ids` are examples of it.
    """

    route: str
    status: int
    new_count: int
    new_requests: int
    old_count: int
    old_requests: int
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
class NewPattern:
    """A log pattern that the new release writes and the site never wrote before."""

    pattern_id: str
    template: str
    severity_number: int
    count: int
    first_seen: datetime


@dataclass(frozen=True)
class Evidence:
    """What differs, the weightiest first; `old` and `new` are the totals of both sides."""

    site: str
    since: datetime
    until: datetime
    new: traffic.Traffic
    old: traffic.Traffic
    statuses: list[StatusShift]
    slower: list[SlowerRoute]
    new_errors: list[errors.ErrorGroup]
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


def _statuses(store: TelemetryStore, window: dict[str, Any]) -> list[StatusShift]:
    rows = store.query(
        f"""SELECT Route AS route, Status AS status, countIf(Release = {{new:String}}) AS new_count,
          countIf(Release = {{old:String}}) AS old_count,
          sum(new_count) OVER (PARTITION BY Route) AS new_requests,
          sum(old_count) OVER (PARTITION BY Route) AS old_requests,
          groupArrayIf({SAMPLES})(RequestId, Release = {{new:String}} AND RequestId != '') AS request_ids,
          groupArrayIf({SAMPLES})(TraceId, Release = {{new:String}} AND TraceId != '') AS trace_ids
        FROM edge_requests WHERE {_WINDOW} GROUP BY Route, Status""",
        window,
    )
    shifts = [
        StatusShift(
            **row,
            weight=surprise(row["new_count"], row["new_requests"], row["old_count"], row["old_requests"]),
        )
        for row in rows
    ]
    notable = [shift for shift in shifts if abs(shift.weight) >= NOTABLE]
    return sorted(notable, key=lambda shift: (not shift.bad, -abs(shift.weight)))[:TOP]


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


def _new_errors(store: TelemetryStore, window: dict[str, Any]) -> list[errors.ErrorGroup]:
    """Return groups of the new release that the site did not have before the window or on the old."""
    found = errors.groups(store, window["site"], since=window["since"], until=window["until"], limit=1000)
    fresh = [
        group
        for group in found
        if group.first_seen >= window["since"]
        and group.releases.get(window["new"])
        and not group.releases.get(window["old"])
    ]
    return fresh[:TOP]


def _new_patterns(store: TelemetryStore, window: dict[str, Any]) -> list[NewPattern]:
    service, environment = split_site(window["site"])
    rows = store.query(
        """SELECT PatternId AS pattern_id, any(Template) AS template,
          max(SeverityNumber) AS severity_number, sumIf(Count, Release = {new:String}) AS count,
          min(FirstSeen) AS first_seen
        FROM log_patterns
        WHERE ServiceName = {service:String} AND Environment = {environment:String}
        GROUP BY PatternId
        HAVING first_seen >= {since:DateTime64(6)} AND first_seen < {until:DateTime64(6)}
          AND count > 0 AND sumIf(Count, Release = {old:String}) = 0
        ORDER BY severity_number DESC, count DESC LIMIT {top:UInt32}""",
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
