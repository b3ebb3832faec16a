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
from golive.kernel.ui import draw
from golive.kernel.ui.draw import Mark, Stretch
from golive.respond.incidents import queries as incidents
from golive.respond.incidents.queries import IncidentView
from golive.respond.overview.pages import first, happening
from golive.respond.overview.pages.places import STEP, Known, Place, Promise, place
from golive.respond.overview.pages.reading import last_hour, promise, seen_of
from golive.ship.approvals import queries as approvals
from golive.ship.board.domain import broken_off, deploys, rivers
from golive.ship.releases import queries as releases
from golive.ship.releases.queries import ReleaseView, SiteStatus
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import PRODUCTION

MOST_PLACES = 200


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
        "first": () if sites else first.read(recent[0] if recent else None),
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
    promises, seen = _promises(), last_hour(now, STEP)
    shown = []
    for site in sorted(sites, key=lambda one: (one.environment != PRODUCTION, one.service)):
        own = [one for one in recent if one.service == site.service]
        here = own if site.environment == PRODUCTION else []
        serving = next((one for one in own if one.id == site.serving_id), None)
        since = serving.full_at or serving.serving_at or serving.created_at if serving else None
        stretches = rivers(here, now)
        if not stretches and serving and since:
            stretches = broken_off(Stretch(serving.version, since.timestamp()), [serving])
        shown.append(
            place(
                Known(
                    site,
                    stretches,
                    now,
                    since,
                    seen_of(site.id, seen, now),
                    promises.get(site.id),
                    [one for one in trouble if one.site == site.id],
                )
            )
        )
    return shown


def _promises() -> dict[str, Promise]:
    manifests = {service.name: service.manifest for service in services.services()}
    return {spot.site: promise(manifests[spot.service], spot.name) for spot in services.environments()}
