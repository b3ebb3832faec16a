"""Reads all that the page of an incident shows; what cannot be read is left out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from golive.kernel.ports import the
from golive.kernel.problems import Problem
from golive.kernel.ui.draw import Lens
from golive.respond.incidents import queries as incidents
from golive.respond.incidents.queries import IncidentView
from golive.respond.paging import queries
from golive.respond.paging.pages.sheet import Known
from golive.respond.statuspage import queries as statuspage
from golive.respond.statuspage.queries import UpdateView
from golive.ship.board.domain import deploys, evidence_tables, rivers
from golive.ship.evidence import queries as evidence
from golive.ship.evidence.queries import EvidenceView
from golive.ship.releases import queries as releases
from golive.ship.releases.queries import ReleaseView
from golive.ship.services import queries as services
from golive.watch.telemetry.ports import TelemetryStore
from golive.watch.telemetry.queries import traffic
from golive.watch.telemetry.queries.traffic import Point

BEFORE, AFTER = timedelta(minutes=5), timedelta(minutes=3)
LONGEST = timedelta(hours=2)
POINTS = 150
MOST_RELEASES = 50


def read(incident_id: str, now: datetime, *, may_act: bool) -> Known:
    """Read an incident. Raises NotFound."""
    found = incidents.get(incident_id)
    lens, step = _lens(found, now)
    own = releases.releases(service=found.service, limit=MOST_RELEASES) if found.service else []
    gathered = evidence.of(found.release) if found.release else None
    release = next((one for one in own if one.id == found.release), None)
    return Known(
        found,
        incidents.timeline(found.id),
        queries.attempts_of(found.id),
        now,
        may_act,
        lens,
        _points(found, lens, step),
        _promise(found),
        rivers(own, now),
        [mark for mark in deploys(own) if mark.state is None],
        _said(found.id),
        _tables(gathered, release, own) if gathered else None,
        release,
    )


def _tables(gathered: EvidenceView, release: ReleaseView | None, own: Sequence[ReleaseView]) -> dict[str, Any] | None:
    found = evidence_tables(gathered)
    if found is None or release is None:
        return found
    before = next((one.version for one in own if one.id == release.replaced), "")
    return found | {"version": release.version, "before": before}


def _lens(one: IncidentView, now: datetime) -> tuple[Lens, float]:
    ended = one.resolved_at or one.mitigated_at or now
    end = min(max(ended + AFTER, one.opened_at + AFTER), now + timedelta(seconds=20))
    start = max(one.opened_at - BEFORE, end - LONGEST)
    seconds = (end - start).total_seconds()
    return Lens(start.timestamp(), end.timestamp(), now.timestamp()), max(2.0, round(seconds / POINTS))


def _points(one: IncidentView, lens: Lens, step: float) -> list[Point]:
    if not one.site:
        return []
    since, until = (
        one.opened_at - BEFORE,
        datetime.fromtimestamp(min(lens.end, lens.now), one.opened_at.tzinfo),
    )
    try:
        found = traffic.series(the(TelemetryStore), one.site, since=since, until=until, step=timedelta(seconds=step))
    except (Problem, LookupError):
        return []
    return [point for point in found.get("", []) if lens.sees(point.at.timestamp())]


def _promise(one: IncidentView) -> float | None:
    try:
        place: Any = services.service(one.service).manifest.environment(one.environment)
    except Problem:
        return None
    return float(place.slo.slow.total_seconds() * 1000)


def _said(incident_id: str) -> tuple[UpdateView, ...]:
    return next(
        (story.updates for story in statuspage.status().stories if story.incident == incident_id),
        (),
    )
