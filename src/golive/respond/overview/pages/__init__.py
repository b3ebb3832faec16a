"""The overview."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from golive.kernel import clock
from golive.kernel.access.http import page
from golive.kernel.events import queries as events
from golive.kernel.ports import the
from golive.kernel.problems import Problem
from golive.kernel.ui import draw
from golive.kernel.ui.draw import Mark, Stretch
from golive.respond.incidents import queries as incidents
from golive.respond.incidents.queries import IncidentView
from golive.respond.overview.pages import first, happening
from golive.respond.overview.pages.places import HOUR, STEP, Known, Place, Promise, place
from golive.ship.approvals import queries as approvals
from golive.ship.board.domain import deploys, rivers
from golive.ship.releases import queries as releases
from golive.ship.releases.queries import ReleaseView, SiteStatus
from golive.ship.services import queries as services
from golive.watch.telemetry.ports import TelemetryStore
from golive.watch.telemetry.queries import everywhere
from golive.watch.telemetry.queries.traffic import Overview, Traffic

MOST_PLACES = 200
NOBODY = Traffic("", 0, 0, 0.0, 0.0, 0.0)


@require_GET
@page()
def overview(request: HttpRequest) -> HttpResponseBase:
    """Show every place, and above them what needs a person."""
    now = clock.now()
    recent = releases.releases(limit=MOST_PLACES)
    moving = [one for one in recent if one.open]
    sites = releases.status(limit=MOST_PLACES)
    trouble = incidents.open_incidents()
    asked = happening.needs(trouble, approvals.waiting(), {one.id: one for one in moving}, now)
    context: dict[str, Any] = {
        "now": now,
        "title": happening.title(trouble, moving, len(sites)),
        "needs": asked,
        "needs_title": happening.needs_title(len(asked)),
        "moments": happening.moments(events.latest(limit=60)),
        "places": _places(sites, [*recent, *_older(sites, recent)], trouble, now),
        "horizon": draw.horizon(
            now.timestamp(),
            [],
            label="Thirty days past, now, and what is planned",
            marks=_marks(recent, trouble),
        ),
        "first": () if sites else first.read(),
    }
    return render(request, "overview/overview.html", context)


def _older(sites: Sequence[SiteStatus], recent: Sequence[ReleaseView]) -> list[ReleaseView]:
    """Releases that serve, and came so long ago that they are not among the recent ones."""
    return releases.these({one.serving_id for one in sites if one.serving_id} - {one.id for one in recent})


def _marks(recent: Sequence[ReleaseView], trouble: Sequence[IncidentView]) -> list[Mark]:
    return [
        *deploys(recent),
        *(Mark(one.opened_at.timestamp(), f"#{one.number}", "broken") for one in trouble),
    ]


def _places(
    sites: Sequence[SiteStatus],
    recent: Sequence[ReleaseView],
    trouble: Sequence[IncidentView],
    now: datetime,
) -> list[Place]:
    promises, seen = _promises(), _traffic(now)
    shown = []
    for site in sorted(sites, key=lambda one: (one.environment != "production", one.service)):
        own = [one for one in recent if one.service == site.service]
        here = own if site.environment == "production" else []
        serving = next((one for one in own if one.id == site.serving_id), None)
        since = serving.full_at or serving.serving_at or serving.created_at if serving else None
        stretches = rivers(here, now)
        if not stretches and serving and since:
            stretches = [Stretch(serving.version, since.timestamp())]
        shown.append(
            place(
                Known(
                    site,
                    stretches,
                    now,
                    since,
                    _of(site.id, seen, now),
                    promises.get(site.id),
                    [one for one in trouble if one.site == site.id],
                )
            )
        )
    return shown


def _traffic(now: datetime) -> dict[str, Overview] | None:
    """The last hour of all sites; None when the store does not answer."""
    try:
        return everywhere.overviews(the(TelemetryStore), until=now, span=HOUR, step=STEP)
    except (Problem, LookupError):
        return None


def _of(site: str, seen: dict[str, Overview] | None, now: datetime) -> Overview | None:
    if seen is None:
        return None
    return seen.get(site) or Overview(site, now - HOUR, now, NOBODY, [], [])


def _promises() -> dict[str, Promise]:
    manifests = {service.name: service.manifest for service in services.services()}
    found: dict[str, Promise] = {}
    for spot in services.environments():
        slo = manifests[spot.service].environment(spot.name).slo
        found[spot.site] = Promise(slo.errors / 100, slo.slow.total_seconds() * 1000)
    return found
