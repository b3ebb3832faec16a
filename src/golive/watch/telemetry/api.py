"""Traffic, requests, traces, logs and errors over the API."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.params.functions import Query as Parameter
from pydantic import AfterValidator

from golive.kernel import clock
from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.kernel.ports import the
from golive.kernel.problems import Invalid, NotFound
from golive.watch.telemetry.domain import split_site
from golive.watch.telemetry.ports import TelemetryStore
from golive.watch.telemetry.queries import errors, logs, traces, traffic

router = Router(tags=["telemetry"])
Json = dict[str, Any]


def _storable(at: datetime) -> datetime:
    """Take a moment without a zone for UTC, and refuse one that the store has no place for."""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not 1970 <= at.year < 2200:
        raise ValueError("must lie between 1970 and 2200")
    return at


Moment = Annotated[datetime, AfterValidator(_storable)]


class Window(Schema):
    """A site and a span of time that ends at `until`, or now."""

    site: str
    minutes: float = Field(60, gt=0, le=60 * 24 * 31)
    until: Moment | None = None

    def bounds(self) -> tuple[datetime, datetime]:
        """Return (since, until). Raises Invalid for a site that is none."""
        try:
            split_site(self.site)
        except ValueError as error:
            raise Invalid(str(error), hint="A site is written service/environment.") from error
        end = self.until or clock.now()
        return end - timedelta(minutes=self.minutes), end


class TrafficOut(Schema):
    name: str
    requests: int
    errors: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class PointOut(Schema):
    at: datetime
    requests: int
    errors: int
    p50_ms: float
    p95_ms: float


class OverviewOut(Schema):
    site: str
    since: datetime
    until: datetime
    total: TrafficOut
    points: list[PointOut]
    releases: list[TrafficOut]


class LineOut(Schema):
    at: datetime
    severity: str
    body: str
    service: str
    release: str
    version: str
    process: str
    trace_id: str
    pattern_id: str
    attributes: dict[str, str]


class LinesOut(Schema):
    lines: list[LineOut]
    cursor: datetime
    skipped: int = 0


@router.get("/traffic", response=OverviewOut)
def overview(request: HttpRequest, window: Query[Window]) -> Json:
    """Requests, failures and latency of a site, in total, by release and over time."""
    require(actor_of(request), Role.VIEWER)
    since, until = window.bounds()
    return asdict(traffic.overview(the(TelemetryStore), window.site, until=until, span=until - since))


@router.get("/logs", response=LinesOut)
def search_logs(
    request: HttpRequest,
    service: str,
    environment: str = "production",
    q: str = "",
    release: str = "",
    trace_id: str = "",
    pattern_id: str = "",
    since: Moment | None = None,
    limit: int = Parameter(200, ge=1, le=1000),
) -> Json:
    """The newest lines that fit, oldest first; with `since` what came after that cursor."""
    require(actor_of(request), Role.VIEWER)
    wanted = logs.LogFilter(
        site=f"{service}/{environment}",
        text=q,
        release=release,
        trace_id=trace_id,
        pattern_id=pattern_id,
    )
    if since is not None:
        return asdict(logs.tail(the(TelemetryStore), wanted, cursor=since, limit=limit))
    now = clock.now()
    found = logs.search(the(TelemetryStore), wanted, limit=limit)
    lines = [asdict(line) for line in reversed(found)]
    return {"lines": lines, "cursor": lines[-1]["at"] if lines else now, "skipped": 0}


@router.get("/logs/patterns", response=list[Json])
def log_patterns(
    request: HttpRequest,
    window: Query[Window],
    release: str = "",
    limit: int = Parameter(100, ge=1, le=500),
) -> list[Json]:
    """What kinds of lines there are, the most frequent first."""
    require(actor_of(request), Role.VIEWER)
    since, until = window.bounds()
    found = logs.patterns(the(TelemetryStore), window.site, since=since, until=until, release=release, limit=limit)
    return [asdict(pattern) for pattern in found]


@router.get("/requests", response=list[Json])
def search_requests(
    request: HttpRequest,
    window: Query[Window],
    release: str = "",
    route: str = "",
    failed: bool = False,
    limit: int = Parameter(100, ge=1, le=1000),
) -> list[Json]:
    """Requests as the edge saw them, newest first."""
    require(actor_of(request), Role.VIEWER)
    since, until = window.bounds()
    wanted = traffic.RequestFilter(
        site=window.site, since=since, until=until, release=release, route=route, failed_only=failed
    )
    return [asdict(row) for row in traffic.requests(the(TelemetryStore), wanted, limit=limit)]


@router.get("/traces", response=list[Json])
def search_traces(
    request: HttpRequest,
    window: Query[Window],
    release: str = "",
    route: str = "",
    errors_only: bool = False,
    slower_than_ms: float = 0,
    limit: int = Parameter(100, ge=1, le=1000),
) -> list[Json]:
    """Traces by their entry span, newest first."""
    require(actor_of(request), Role.VIEWER)
    since, until = window.bounds()
    wanted = traces.TraceFilter(
        site=window.site,
        since=since,
        until=until,
        release=release,
        route=route,
        errors_only=errors_only,
        slower_than_ms=slower_than_ms,
    )
    return [asdict(row) for row in traces.search(the(TelemetryStore), wanted, limit=limit)]


@router.get("/traces/{trace_id}", response=Json)
def one_trace(request: HttpRequest, trace_id: str) -> Json:
    """One trace with its spans, depth first."""
    require(actor_of(request), Role.VIEWER)
    found = traces.trace(the(TelemetryStore), trace_id)
    if found is None:
        raise NotFound("The store has no such trace.", hint="Traces are kept for some days only.")
    return asdict(found)


@router.get("/errors", response=list[Json])
def error_groups(
    request: HttpRequest,
    window: Query[Window],
    release: str = "",
    limit: int = Parameter(100, ge=1, le=500),
) -> list[Json]:
    """Groups of errors from exceptions in spans and logs."""
    require(actor_of(request), Role.VIEWER)
    since, until = window.bounds()
    found = errors.groups(the(TelemetryStore), window.site, since=since, until=until, release=release, limit=limit)
    return [asdict(group) for group in found]
