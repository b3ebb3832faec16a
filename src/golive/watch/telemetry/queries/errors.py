"""Errors: exceptions of spans and logs under one id per cause."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from golive.watch.telemetry.domain import split_site
from golive.watch.telemetry.ports import TelemetryStore


@dataclass(frozen=True)
class ErrorGroup:
    """Exceptions with the same type, masked message and innermost frames.

    `first_seen` is the first in everything that the store keeps of the site; the other figures are of
    the asked window. `releases` counts by release id. An exception that a span and a log line both
    report counts once.
    """

    group: str
    kind: str
    message: str
    count: int
    first_seen: datetime
    last_seen: datetime
    releases: dict[str, int]
    routes: list[str]
    trace_id: str
    stack: str


_GROUPS: Final = """
SELECT ErrorGroup AS group, any(kind) AS kind, argMax(message, last) AS message, sum(found) AS count,
  any(first.first_seen) AS first_seen, max(last) AS last_seen,
  CAST(groupArray((Release, found)), 'Map(String, UInt64)') AS releases,
  arraySlice(arraySort(groupUniqArrayArray(routes)), 1, 10) AS routes,
  argMax(trace, (trace != '', last)) AS trace_id, argMax(stack, (stack != '', last)) AS stack
FROM (
  SELECT ErrorGroup, Release, any(ExceptionType) AS kind, argMax(ExceptionMessage, Timestamp) AS message,
    uniqExact(Occurrence) AS found, max(Timestamp) AS last, groupUniqArrayIf(10)(Route, Route != '') AS routes,
    argMax(TraceId, (TraceId != '', Timestamp)) AS trace, argMax(Stack, (Stack != '', Timestamp)) AS stack
  FROM errors
  WHERE ServiceName = {service:String} AND Environment = {environment:String}
    AND Timestamp >= {since:DateTime64(6)} AND Timestamp < {until:DateTime64(6)}
    AND (empty({only:Array(String)}) OR ErrorGroup IN {only:Array(String)})
    AND ({release:String} = '' OR Release = {release:String})
  GROUP BY ErrorGroup, Release) AS held
INNER JOIN (
  SELECT ErrorGroup, min(Timestamp) AS first_seen FROM errors
  WHERE ServiceName = {service:String} AND Environment = {environment:String}
    AND (empty({only:Array(String)}) OR ErrorGroup IN {only:Array(String)})
  GROUP BY ErrorGroup) AS first USING ErrorGroup
GROUP BY ErrorGroup ORDER BY count DESC LIMIT {limit:UInt32}"""


def groups(
    store: TelemetryStore,
    site: str,
    *,
    since: datetime,
    until: datetime,
    release: str = "",
    only: Sequence[str] = (),
    limit: int = 100,
) -> list[ErrorGroup]:
    """Return the groups of a site's exceptions in a window, the most frequent first; `only` these ids, if any are given."""
    service, environment = split_site(site)
    rows = store.query(
        _GROUPS,
        {
            "service": service,
            "environment": environment,
            "since": since,
            "until": until,
            "release": release,
            "only": only,
            "limit": max(1, min(limit, 1000)),
        },
    )
    return [ErrorGroup(**{**row, "releases": {k: int(v) for k, v in row["releases"].items()}}) for row in rows]
