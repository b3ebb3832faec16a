"""What users asked of a site and what they got, from the edge's own log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from golive.watch.telemetry.ports import TelemetryStore

FAILED: Final = "(Status >= 500 OR (Status = 0 AND NOT match(Flags, 'DC|DR')))"
"""SQL of a failed request: an answer of 5xx or none, but not because the client left."""


@dataclass(frozen=True)
class Point:
    """One step of a series that begins at `at`; durations in milliseconds, 0 without requests."""

    at: datetime
    requests: int
    errors: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Traffic:
    """The requests to a release, a route or a whole site; shares in 0..1, durations in ms."""

    name: str = ""
    requests: int = 0
    errors: int = 0
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0
    first_seen: datetime | None = None
    last_seen: datetime | None = None

    @property
    def error_share(self) -> float:
        return self.errors / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class Overview:
    """A site over a span of time: its total, its series and its releases, the busiest first."""

    site: str
    since: datetime
    until: datetime
    total: Traffic
    points: list[Point]
    releases: list[Traffic]

    @property
    def requests_per_second_now(self) -> float:
        """The rate since the last whole step began: an hour's mean would hide that visitors came or left just now."""
        last = self.points[-2:]
        if not last:
            return 0.0
        return sum(point.requests for point in last) / max((self.until - last[0].at).total_seconds(), 1.0)

    def rates(self) -> list[float]:
        """Requests a second at each point; the last one has only begun, and would fall where nothing has changed."""
        if len(self.points) < 2:
            return [self.requests_per_second_now] * len(self.points)
        step = (self.points[1].at - self.points[0].at).total_seconds()
        return [*(point.requests / step for point in self.points[:-1]), self.requests_per_second_now]


_MEASURES: Final = f"""count() AS requests, countIf({FAILED}) AS errors,
  quantiles(0.5, 0.95, 0.99)(Ms) AS quantiles, min(Timestamp) AS first_seen, max(Timestamp) AS last_seen"""
_SITE: Final = "Site = {site:String} AND Timestamp >= {since:DateTime64(6)} AND Timestamp < {until:DateTime64(6)}"


def overview(
    store: TelemetryStore,
    site: str,
    *,
    until: datetime,
    span: timedelta = timedelta(hours=1),
    step: timedelta = timedelta(minutes=1),
) -> Overview:
    """Return a site's figures for the `span` before `until`, in steps of whole seconds."""
    since = until - span
    totals = _grouped(store, "''", site, since, until)
    return Overview(
        site,
        since,
        until,
        totals[0] if totals else Traffic(),
        series(store, site, since=since, until=until, step=step).get("", []),
        releases(store, site, since=since, until=until),
    )


def releases(store: TelemetryStore, site: str, *, since: datetime, until: datetime) -> list[Traffic]:
    """Return the traffic of each release of a site, the busiest first."""
    return _grouped(store, "Release", site, since, until)


def routes(store: TelemetryStore, site: str, *, since: datetime, until: datetime, release: str = "") -> list[Traffic]:
    """Return the traffic of each route, of one release or of all, the busiest first, at most 200."""
    return _grouped(store, "Route", site, since, until, release)


def _grouped(
    store: TelemetryStore,
    column: str,
    site: str,
    since: datetime,
    until: datetime,
    release: str = "",
) -> list[Traffic]:
    rows = store.query(
        f"""SELECT {column} AS name, {_MEASURES} FROM edge_requests
        WHERE {_SITE} AND ({{release:String}} = '' OR Release = {{release:String}})
        GROUP BY name ORDER BY requests DESC LIMIT 200""",
        {"site": site, "since": since, "until": until, "release": release},
    )
    return [_traffic(row) for row in rows]


def _traffic(row: Mapping[str, Any]) -> Traffic:
    p50, p95, p99 = map(float, row["quantiles"])
    return Traffic(
        row["name"],
        row["requests"],
        row["errors"],
        p50,
        p95,
        p99,
        row["first_seen"],
        row["last_seen"],
    )


def series(
    store: TelemetryStore,
    site: str,
    *,
    since: datetime,
    until: datetime,
    step: timedelta,
    by_release: bool = False,
) -> dict[str, list[Point]]:
    """Return points in steps of whole seconds, without gaps, by release or under the empty name."""
    seconds = max(int(step.total_seconds()), 1)
    name = "Release" if by_release else "''"
    rows = store.query(
        f"""SELECT {name} AS name, intDiv(toUnixTimestamp(Timestamp), {{step:UInt32}}) AS slot,
          count() AS requests, countIf({FAILED}) AS errors, quantiles(0.5, 0.95)(Ms) AS quantiles
        FROM edge_requests WHERE {_SITE} GROUP BY name, slot""",
        {"site": site, "since": since, "until": until, "step": seconds},
    )
    found: dict[str, dict[int, Mapping[str, Any]]] = {} if by_release else {"": {}}
    for row in rows:
        found.setdefault(row["name"], {})[int(row["slot"])] = row
    slots = range(int(since.timestamp()) // seconds, -(-int(until.timestamp()) // seconds))
    return {key: [_point(at * seconds, held.get(at)) for at in slots] for key, held in found.items()}


def _point(second: int, row: Mapping[str, Any] | None) -> Point:
    at = datetime.fromtimestamp(second, UTC)
    if row is None:
        return Point(at, 0, 0, 0.0, 0.0)
    return Point(at, row["requests"], row["errors"], *map(float, row["quantiles"]))


@dataclass(frozen=True)
class RequestFilter:
    """Which requests to show; empty fields do not narrow. `path` is a part of the path."""

    site: str
    since: datetime
    until: datetime
    release: str = ""
    route: str = ""
    path: str = ""
    visitor: str = ""
    method: str = ""
    status_from: int = 0
    status_to: int = 999
    failed_only: bool = False
    slower_than_ms: float = 0.0


@dataclass(frozen=True)
class Request:
    """One request of a user, as the edge saw it; `attempts` are tries upstream."""

    at: datetime
    request_id: str
    trace_id: str
    release: str
    replica: str
    method: str
    path: str
    route: str
    status: int
    flags: str
    ms: float
    visitor: str
    client_address: str
    user_agent: str
    bytes: int
    attempts: int
    extra: dict[str, str] = field(default_factory=dict)


_REQUEST: Final = """Timestamp AS at, RequestId AS request_id, TraceId AS trace_id, Release AS release,
  Replica AS replica, Method AS method, Path AS path, Route AS route, Status AS status, Flags AS flags,
  Ms AS ms, Visitor AS visitor, ClientAddress AS client_address, UserAgent AS user_agent,
  Bytes AS bytes, Attempts AS attempts, Extra AS extra"""


def requests(store: TelemetryStore, wanted: RequestFilter, *, limit: int = 100) -> list[Request]:
    """Return the newest matching requests, at most `limit` (1..1000)."""
    rows = store.query(
        f"""SELECT {_REQUEST} FROM edge_requests WHERE {_SITE}
          AND ({{release:String}} = '' OR Release = {{release:String}})
          AND ({{route:String}} = '' OR Route = {{route:String}})
          AND ({{path:String}} = '' OR position(Path, {{path:String}}) > 0)
          AND ({{visitor:String}} = '' OR Visitor = {{visitor:String}})
          AND ({{method:String}} = '' OR Method = {{method:String}})
          AND Status BETWEEN {{status_from:UInt16}} AND {{status_to:UInt16}}
          AND (NOT {{failed_only:Bool}} OR {FAILED}) AND Ms >= {{slower_than_ms:Float64}}
        ORDER BY Timestamp DESC LIMIT {{limit:UInt32}}""",
        {**vars(wanted), "limit": max(1, min(limit, 1000))},
    )
    return [Request(**row) for row in rows]


def attempts(store: TelemetryStore, request_id: str, *, around: datetime) -> list[Request]:
    """Return each try upstream of one request, in order; `around` is about when it was made."""
    rows = store.query(
        f"""SELECT {_REQUEST} FROM edge_attempts WHERE RequestId = {{request:String}}
          AND Timestamp BETWEEN {{since:DateTime64(6)}} AND {{until:DateTime64(6)}}
        ORDER BY Timestamp LIMIT 100""",
        {
            "request": request_id,
            "since": around - timedelta(hours=1),
            "until": around + timedelta(hours=1),
        },
    )
    return [Request(**row) for row in rows]
