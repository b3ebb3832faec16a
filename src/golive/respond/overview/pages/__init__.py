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
from golive.kernel.ui.parts import Empty
from golive.respond.incidents import queries as incidents
from golive.respond.incidents.queries import IncidentView
from golive.respond.overview.pages import happening
from golive.respond.overview.pages.places import HOUR, STEP, Known, Place, Promise, place
from golive.ship.approvals import queries as approvals
from golive.ship.board.domain import deploys, rivers
from golive.ship.releases import queries as releases
from golive.ship.releases.queries import ReleaseView, SiteStatus
from golive.ship.services import queries as services
from golive.watch.telemetry.ports import TelemetryStore
from golive.watch.telemetry.queries import traffic

MOST_PLACES = 200
FIRST = Empty(
    "Ship your first app",
    "In the repository of a web app, these two commands write a golive.toml of a few lines and take the app to production.",
    "golive init && golive deploy",
)


@require_GET
@page()
def overview(request: HttpRequest) -> HttpResponseBase:
    """Show every place, and above them what needs a person."""
    now = clock.now()
    moving = releases.releases(open_only=True, limit=MOST_PLACES)
    sites = releases.status()[:MOST_PLACES]
    trouble = incidents.open_incidents()
    asked = happening.needs(trouble, approvals.waiting(), {one.id: one for one in moving}, now)
    recent = releases.releases(limit=MOST_PLACES)
    context: dict[str, Any] = {
        "now": now,
        "title": happening.title(trouble, moving, len(sites)),
        "needs": asked,
        "needs_title": happening.needs_title(len(asked)),
        "moments": happening.moments(events.latest(limit=60)),
        "places": _places(sites, recent, trouble, now),
        "horizon": draw.horizon(
            now.timestamp(),
            [],
            label="Thirty days past, now, and what is planned",
            marks=_marks(recent, trouble),
        ),
        "empty": FIRST,
    }
    return render(request, "overview/overview.html", context)


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
    promises = _promises()
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
                    site, stretches, now, since, _traffic(site.id, now), promises.get(site.id),
                    [one for one in trouble if one.site == site.id],
                )
            )
        )  # fmt: skip
    return shown


def _traffic(site: str, now: datetime) -> traffic.Overview | None:
    try:
        return traffic.overview(the(TelemetryStore), site, until=now, span=HOUR, step=STEP)
    except (Problem, LookupError):
        return None


def _promises() -> dict[str, Promise]:
    found: dict[str, Promise] = {}
    for service in services.services():
        for environment in services.environments(service.name):
            slo = service.manifest.environment(environment.name).slo
            found[environment.site] = Promise(slo.errors / 100, slo.slow.total_seconds() * 1000)
    return found
