"""The figures of many sites at once: one question to the store, however many sites there are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from golive.watch.telemetry.ports import TelemetryStore
from golive.watch.telemetry.queries.traffic import FAILED, Overview, Point, Traffic

_WHERE: Final = "Timestamp >= {since:DateTime64(6)} AND Timestamp < {until:DateTime64(6)}"
_NAMED: Final = "Site IN {sites:Array(String)}"
_WHOLE: Final = 0  # the slot of the row that sums a site up: no request is from 1970


def overviews(
    store: TelemetryStore, *, until: datetime, span: timedelta, step: timedelta, sites: Sequence[str] = ()
) -> dict[str, Overview]:
    """Return the figures of each site that was asked anything in the `span` before `until`, without its releases.

    `step` is of whole seconds; `sites` narrows to these, empty means all.
    """
    since, seconds = until - span, max(int(step.total_seconds()), 1)
    rows = store.query(
        f"""SELECT Site AS name, intDiv(toUnixTimestamp(Timestamp), {{step:UInt32}}) AS slot,
          count() AS requests, countIf({FAILED}) AS errors, quantiles(0.5, 0.95, 0.99)(Ms) AS quantiles,
          min(Timestamp) AS first_seen, max(Timestamp) AS last_seen
        FROM edge_requests WHERE {_WHERE}{f" AND {_NAMED}" if sites else ""}
        GROUP BY GROUPING SETS ((name), (name, slot))""",
        {"since": since, "until": until, "step": seconds} | ({"sites": list(sites)} if sites else {}),
    )
    held: dict[str, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        held.setdefault(row["name"], {})[int(row["slot"])] = row
    slots = range(int(since.timestamp()) // seconds, -(-int(until.timestamp()) // seconds))
    return {
        name: Overview(
            name,
            since,
            until,
            _traffic(found[_WHOLE]),
            [_point(at * seconds, found.get(at)) for at in slots],
            [],
        )
        for name, found in held.items()
    }


def _traffic(row: Mapping[str, Any]) -> Traffic:
    p50, p95, p99 = map(float, row["quantiles"])
    seen = row["first_seen"], row["last_seen"]
    return Traffic(row["name"], row["requests"], row["errors"], p50, p95, p99, *seen)


def _point(second: int, row: Mapping[str, Any] | None) -> Point:
    at = datetime.fromtimestamp(second, UTC)
    if row is None:
        return Point(at, 0, 0, 0.0, 0.0)
    p50, p95, _ = map(float, row["quantiles"])
    return Point(at, row["requests"], row["errors"], p50, p95)
