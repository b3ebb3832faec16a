"""What the status page says now."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from golive.kernel import clock
from golive.kernel.config import settings
from golive.respond.statuspage.domain import DAYS, Bar, Health, Span, bars, uptime, worst
from golive.respond.statuspage.models import Component, Maintenance, Trouble, Update
from golive.ship.traffic.domain import StaticPage, StaticSite

SITE = "status"
FILES = (
    ("/", "index.html", "text/html; charset=utf-8"),
    ("/status.json", "status.json", "application/json"),
    ("/feed.atom", "feed.atom", "application/atom+xml; charset=utf-8"),
)


@dataclass(frozen=True)
class UpdateView:
    """Something that was said; `text` is a person's words when there are some."""

    id: int
    at: datetime
    state: str
    text: str
    facts_text: str
    worded_by: str


@dataclass(frozen=True)
class Story:
    """An incident as the public hears it, newest update first."""

    incident: str
    component: str
    updates: tuple[UpdateView, ...]

    @property
    def state(self) -> str:
        return self.updates[0].state

    @property
    def over(self) -> bool:
        return self.state in {"mitigated", "resolved"}

    @property
    def updated_at(self) -> datetime:
        return self.updates[0].at


@dataclass(frozen=True)
class MaintenanceView:
    """Announced work; `running`: now."""

    id: int
    component: str
    title: str
    text: str
    starts_at: datetime
    ends_at: datetime
    running: bool


@dataclass(frozen=True)
class ComponentView:
    """A component now and in the last 90 days, or as many as there were since it came."""

    site: str
    name: str
    health: Health
    bars: tuple[Bar, ...]
    uptime: float


@dataclass(frozen=True)
class StatusView:
    """The whole page."""

    health: Health
    components: tuple[ComponentView, ...]
    stories: tuple[Story, ...]
    maintenance: tuple[MaintenanceView, ...]
    changed_at: datetime

    @property
    def open_stories(self) -> tuple[Story, ...]:
        return tuple(story for story in self.stories if not story.over)

    @property
    def past_stories(self) -> tuple[Story, ...]:
        return tuple(story for story in self.stories if story.over)


def status(now: datetime | None = None) -> StatusView:
    """Return what the page says at `now`."""
    moment = now or clock.now()
    public = list(Component.objects.filter(is_public=True))
    maintenance = _maintenance(moment)
    components = tuple(_component(row, maintenance, moment) for row in public)
    stories = _stories(moment)
    changes = [story.updated_at for story in stories] + [row.created_at for row in public]
    return StatusView(
        worst([one.health for one in components]),
        components,
        stories,
        maintenance,
        max(changes, default=moment),
    )


def name_of(site: str) -> str:
    """Return what the public calls a site, "" when the page does not have it."""
    return Component.objects.filter(pk=site).values_list("name", flat=True).first() or ""


def directory() -> Path:
    """Return where the files of the page stand."""
    return settings().edge / "pages" / "status"


def static_sites() -> tuple[StaticSite, ...]:
    """Return the page as the edge serves it, none before it was rendered."""
    home = directory()
    if not all((home / name).exists() for _path, name, _kind in FILES):
        return ()
    pages = tuple(StaticPage(path, str(home / name), kind) for path, name, kind in FILES)
    return (StaticSite(id=SITE, port=port(), pages=pages),)


def port() -> int:
    """Return the port of the page at the edge."""
    return settings().status_port or settings().edge_port - 1


def _component(row: Component, maintenance: tuple[MaintenanceView, ...], now: datetime) -> ComponentView:
    since = now - timedelta(days=DAYS)
    spans = [
        Span(Health(one.health), one.started_at, one.ended_at)
        for one in Trouble.objects.filter(component=row).exclude(ended_at__lt=since)
    ]
    spans += [
        Span(Health.MAINTENANCE, one.starts_at, min(one.ends_at, one.cancelled_at or one.ends_at))
        for one in Maintenance.objects.filter(component=row, starts_at__lte=now, ends_at__gte=since)
    ]
    running = [Health.MAINTENANCE for one in maintenance if one.running and one.component == row.name]
    health = worst([*running, *(one.health for one in spans if one.ended_at is None)])
    lived = (now.astimezone(UTC).date() - row.created_at.astimezone(UTC).date()).days + 1
    found = bars(spans, now, days=max(1, min(lived, DAYS)))
    return ComponentView(row.site, row.name, health, tuple(found), uptime(found, now))


def _maintenance(now: datetime) -> tuple[MaintenanceView, ...]:
    rows = Maintenance.objects.filter(cancelled_at=None, ends_at__gt=now, component__is_public=True)
    return tuple(
        MaintenanceView(
            row.pk,
            row.component.name,
            row.title,
            row.text,
            row.starts_at,
            row.ends_at,
            row.starts_at <= now,
        )
        for row in rows.select_related("component")
    )


def _stories(now: datetime) -> tuple[Story, ...]:
    rows = Update.objects.filter(at__gte=now - timedelta(days=14), component__is_public=True)
    ordered = sorted(rows.select_related("component"), key=lambda row: (row.incident, row.at, row.pk))
    found = []
    for incident, group in groupby(ordered, key=lambda row: row.incident):
        said = list(group)
        views = tuple(
            UpdateView(
                row.pk,
                row.at,
                row.state,
                row.words or row.facts_text,
                row.facts_text,
                row.worded_by,
            )
            for row in reversed(said)
        )
        found.append(Story(incident, said[0].component.name, views))
    return tuple(sorted(found, key=lambda story: story.updated_at, reverse=True))
