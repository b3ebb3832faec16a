"""The figures of all sites at once: two questions to the store, however many sites there are."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from golive.watch.telemetry.ports import TelemetryStore
from golive.watch.telemetry.queries.traffic import FAILED, Overview, Point, Traffic

_WHERE: Final = "Timestamp >= {since:DateTime64(6)} AND Timestamp < {until:DateTime64(6)}"
_SITES: Final = 1000


def overviews(store: TelemetryStore, *, until: datetime, span: timedelta, step: timedelta) -> dict[str, Overview]:
    """Return the figures of each site that was asked anything in the `span` before `until`, without its releases."""
    since, seconds = until - span, max(int(step.total_seconds()), 1)
    bounds = {"since": since, "until": until}
    totals = store.query(
        f"""SELECT Site AS name, count() AS requests, countIf({FAILED}) AS errors,
          quantiles(0.5, 0.95, 0.99)(Ms) AS quantiles, min(Timestamp) AS first_seen, max(Timestamp) AS last_seen
        FROM edge_requests WHERE {_WHERE} GROUP BY name ORDER BY requests DESC LIMIT {_SITES}""",
        bounds,
    )
    if not totals:
        return {}
    rows = store.query(
        f"""SELECT Site AS name, intDiv(toUnixTimestamp(Timestamp), {{step:UInt32}}) AS slot,
          count() AS requests, countIf({FAILED}) AS errors, quantiles(0.5, 0.95)(Ms) AS quantiles
        FROM edge_requests WHERE {_WHERE} GROUP BY name, slot""",
        bounds | {"step": seconds},
    )
    held: dict[str, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        held.setdefault(row["name"], {})[int(row["slot"])] = row
    slots = range(int(since.timestamp()) // seconds, -(-int(until.timestamp()) // seconds))
    return {
        total["name"]: Overview(
            total["name"],
            since,
            until,
            _traffic(total),
            [_point(at * seconds, held.get(total["name"], {}).get(at)) for at in slots],
            [],
        )
        for total in totals
    }


def _traffic(row: Mapping[str, Any]) -> Traffic:
    p50, p95, p99 = map(float, row["quantiles"])
    seen = row["first_seen"], row["last_seen"]
    return Traffic(row["name"], row["requests"], row["errors"], p50, p95, p99, *seen)


def _point(second: int, row: Mapping[str, Any] | None) -> Point:
    at = datetime.fromtimestamp(second, UTC)
    if row is None:
        return Point(at, 0, 0, 0.0, 0.0)
    return Point(at, row["requests"], row["errors"], *map(float, row["quantiles"]))
