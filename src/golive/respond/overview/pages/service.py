"""The page of a service: where it runs, what it is made of, what is kept of it, and the commands to use next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from golive.kernel import clock
from golive.kernel.access.http import page
from golive.kernel.problems import Problem
from golive.kernel.ui import words
from golive.kernel.ui.parts import Act
from golive.respond.incidents import queries as incidents
from golive.respond.overview.pages import made_of
from golive.respond.overview.pages.reading import last_hour, promise, seen_of
from golive.respond.overview.pages.site import Read, Site, site
from golive.ship.databases import queries as databases
from golive.ship.releases import queries as releases
from golive.ship.releases.queries import ReleaseView, SiteStatus
from golive.ship.replicas import queries as replicas
from golive.ship.replicas.domain import Phase, ProcessState
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import PRODUCTION
from golive.ship.services.queries import EnvironmentRow
from golive.ship.traffic import queries as edge
from golive.ship.traffic.queries import CertificateView

MINUTE = timedelta(minutes=1)
MOST_RELEASES, MOST_BACKUPS, MOST_INCIDENTS = 50, 6, 200


@require_GET
@page()
def service(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show one service."""
    row, now = services.service(name), clock.now()
    statuses = {one.environment: one for one in releases.status(row.name)}
    own = releases.releases(service=row.name, limit=MOST_RELEASES)
    trouble = incidents.latest(limit=MOST_INCIDENTS, service=row.name)
    kept = _processes(row.name)
    versions = {one.id: one.version for one in own}
    places = sorted(services.environments(row.name), key=lambda one: (one.name != PRODUCTION, one.name))
    seen = last_hour(now, MINUTE, [place.site for place in places])
    shown = [
        site(
            Read(
                place.name,
                _address(place, statuses.get(place.name)),
                _certificate(place.site, now),
                now,
                statuses.get(place.name),
                own,
                [one for one in trouble if one.environment == place.name],
                _living(kept, place.name, statuses.get(place.name)),
                versions,
                seen_of(place.site, seen, now),
                promise(row.manifest, place.name),
            )
        )
        for place in places
    ]
    context: dict[str, Any] = {
        "now": now,
        "service": row,
        "title": title(row.name, shown),
        "say": say(own, now),
        "state": shown[0].state if shown else "unknown",
        "badge": shown[0].badge if shown else "not shipped",
        "acts": _acts(row.name, own, bool(shown and shown[0].serving)),
        "sites": shown,
        "processes": made_of.processes(row.manifest),
        "gates": row.manifest.gates,
        "kept": made_of.kept(row, [place.name for place in places]),
        "backups": databases.backups(row.name, limit=MOST_BACKUPS),
        "has_database": row.manifest.database is not None,
        "commands": made_of.commands(row.name, has_database=row.manifest.database is not None),
    }
    return render(request, "overview/service.html", context)


def title(name: str, shown: list[Site]) -> str:
    """The answer to `is this service all right?`."""
    first = next((one for one in shown if one.serving), None)
    if first is None:
        return f"{name} does not serve anyone yet."
    where = first.environment
    if first.state == "broken":
        return f"{name} is broken in {where}."
    if first.split.endswith("serves everyone"):
        return f"{first.split} in {where}."
    return f"{where.capitalize()}: {first.split}."


def say(own: list[ReleaseView], now: datetime) -> str:
    """What moves, else when the last release came."""
    moving = next((one for one in own if one.open and one.full_at is None), None)
    if moving:
        return f"{moving.version} is on its way: {moving.sentence}"
    last = next((one for one in own if one.full_at), None)
    if last is None or last.full_at is None:
        return "No release has reached everyone yet."
    return f"Nothing is on its way. {last.version} reached everyone {words.ago(last.full_at, now)}."


def _acts(name: str, own: list[ReleaseView], serves: bool) -> list[Act]:
    moving = next((one for one in own if one.open and one.full_at is None), None)
    present = moving or next((one for one in own if one.serving), None)
    found = [Act("releases", "All releases", f"/releases?service={name}", method="get")]
    if serves:
        found.append(Act("look", "Look at requests", f"/explore?site={name}/{PRODUCTION}", method="get"))
    if present:
        found.append(
            Act(
                "open",
                f"Open {present.version}",
                f"/releases/{present.id}",
                main=True,
                method="get",
            )
        )
    return found


def _processes(service: str) -> list[ProcessState]:
    try:
        return replicas.kept(service)
    except (Problem, LookupError):
        return []


def _living(kept: list[ProcessState], environment: str, status: SiteStatus | None) -> list[ProcessState]:
    """The processes of a place that count: of the release that serves it, and of those that still live there."""
    here = [one for one in kept if one.labels.get("environment") == environment]
    wanted = {one.labels.get("release") for one in here if one.alive and one.phase is not Phase.STOPPED}
    if status and status.serving_id:
        wanted.add(status.serving_id)
    return [one for one in here if one.labels.get("release") in wanted]


def _address(place: EnvironmentRow, status: SiteStatus | None) -> str:
    """By its own name where there is TLS; a place to which nothing came yet has its port alone."""
    return edge.address(place.site, "localhost") if status else f"http://localhost:{place.port}"


def _certificate(where: str, now: datetime) -> CertificateView | None:
    try:
        return edge.certificate(where, now)
    except LookupError:
        return None
