"""Writing what the status page says; every change has the page rendered again at once."""

from datetime import datetime

from django.db import transaction

from golive.kernel import audit, clock
from golive.kernel.access.roles import Actor
from golive.kernel.durable import wake
from golive.kernel.durable.registry import EVERY
from golive.kernel.problems import Invalid, NotFound
from golive.respond.statuspage.domain import Health
from golive.respond.statuspage.models import Component, Maintenance, Trouble, Update

RENDER = "respond.statuspage.render"


def show_component(*, site: str, name: str, at: datetime) -> None:
    """Make sure that a site has a component. Idempotent."""
    with transaction.atomic():
        Component.objects.get_or_create(
            site=site,
            defaults={"name": name, "position": Component.objects.count(), "created_at": at},
        )
        _changed()


def change_component(*, by: Actor, site: str, name: str | None = None, is_public: bool | None = None) -> None:
    """Rename a component or take it off the page. Raises NotFound."""
    with transaction.atomic():
        row = _component(site)
        row.name = (name or row.name)[:80]
        row.is_public = row.is_public if is_public is None else is_public
        row.save()
        audit.record(
            actor=str(by),
            action="statuspage.component-changed",
            subject=site,
            facts={"name": row.name, "public": row.is_public},
        )
        _changed()


def begin_trouble(*, site: str, name: str, incident: str, health: Health, text: str, at: datetime) -> None:
    """Say that a component is in trouble. Idempotent per incident while it lasts."""
    with transaction.atomic():
        show_component(site=site, name=name, at=at)
        trouble, new = Trouble.objects.get_or_create(
            component_id=site,
            incident=incident,
            ended_at=None,
            defaults={"health": health, "started_at": at},
        )
        if not new and trouble.health != health:
            Trouble.objects.filter(pk=trouble.pk).update(health=health)
        if new:
            say(incident=incident, site=site, state="investigating", text=text, at=at)
        _changed()


def end_trouble(*, incident: str, state: str, text: str, at: datetime) -> None:
    """Say that an incident's trouble is over; nothing when the page never spoke of it."""
    with transaction.atomic():
        Trouble.objects.filter(incident=incident, ended_at=None).update(ended_at=at)
        for site in spoken_of(incident):
            say(incident=incident, site=site, state=state, text=text, at=at)
        _changed()


def say(*, incident: str, site: str, state: str, text: str, at: datetime) -> None:
    """Add an update from facts, unless it would only repeat the last one."""
    with transaction.atomic():
        last = Update.objects.filter(component_id=site, incident=incident).last()
        if last is not None and (last.state, last.facts_text) == (state, text):
            return
        Update.objects.create(component_id=site, incident=incident, state=state, facts_text=text, at=at)
        _changed()


def spoken_of(incident: str) -> list[str]:
    """Return the sites for which the page speaks of an incident."""
    return list(Update.objects.filter(incident=incident).values_list("component_id", flat=True).distinct())


def word(*, by: Actor, update_id: int, words: str) -> None:
    """Put a person's words in front of golive's; empty words give golive's back. Raises NotFound."""
    with transaction.atomic():
        found = Update.objects.filter(pk=update_id).update(
            words=words.strip()[:4000], worded_by=(by.name or str(by)) if words.strip() else ""
        )
        if not found:
            raise NotFound("There is no such update.")
        audit.record(
            actor=str(by),
            action="statuspage.worded",
            subject=str(update_id),
            facts={"words": words.strip()[:4000]},
        )
        _changed()


def announce_maintenance(*, by: Actor, site: str, title: str, text: str, starts_at: datetime, ends_at: datetime) -> int:
    """Announce work and return its id. Raises NotFound (site), Invalid (times, title)."""
    if ends_at <= starts_at or ends_at <= clock.now():
        raise Invalid("Maintenance ends after it starts, and in the future.")
    if not title.strip():
        raise Invalid("Maintenance needs a title.")
    with transaction.atomic():
        row = Maintenance.objects.create(
            component=_component(site),
            title=title.strip()[:120],
            text=text.strip()[:4000],
            starts_at=starts_at,
            ends_at=ends_at,
        )
        audit.record(
            actor=str(by),
            action="statuspage.maintenance-announced",
            subject=site,
            facts={"title": title},
        )
        _changed()
    return row.pk


def cancel_maintenance(*, by: Actor, maintenance_id: int) -> None:
    """Call off or end announced work. Raises NotFound."""
    with transaction.atomic():
        now = clock.now()
        if not Maintenance.objects.filter(pk=maintenance_id, cancelled_at=None).update(cancelled_at=now):
            raise NotFound("There is no such maintenance.")
        audit.record(actor=str(by), action="statuspage.maintenance-cancelled", subject=str(maintenance_id))
        _changed()


def _component(site: str) -> Component:
    row = Component.objects.filter(pk=site).first()
    if row is None:
        raise NotFound(f"The status page has no component {site}.")
    return row


def _changed() -> None:
    wake(RENDER, key=EVERY)
