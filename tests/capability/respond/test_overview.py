"""The overview with many services: as many questions to the database and the store as with a few."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from golive.kernel import clock
from golive.kernel.access.roles import Role
from golive.kernel.ids import new_id
from golive.kernel.ports import bound
from golive.ship.releases import operations as releases
from golive.ship.releases.operations import Revision
from golive.ship.services import operations as services
from golive.ship.traffic.models import SiteRow
from golive.watch.telemetry.ports import TelemetryStore
from tests.support.ship_world import OPERATOR

pytestmark = pytest.mark.django_db


class Store:
    """A store that has seen one request a second at every site, and counts what it is asked."""

    def __init__(self, sites: list[str], at: datetime) -> None:
        self.sites, self.at, self.asked = sites, at, 0

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        self.asked += 1
        row = {"requests": 3600, "errors": 36, "quantiles": [10.0, 20.0, 30.0]}
        if "slot" in sql:
            slot = int(self.at.timestamp()) // int((params or {})["step"])
            return [
                {"name": site, "slot": slot, **row, "quantiles": [10.0, 20.0]}
                for site in self.sites
            ]
        return [{"name": s, "first_seen": self.at, "last_seen": self.at, **row} for s in self.sites]


def live(count: int) -> list[str]:
    """Register services, each with a release that serves production."""
    sites = []
    for number in range(SiteRow.objects.count(), count):
        name = f"shop-{number}"
        text = f'service = "{name}"\n[processes.web]\ncommand = "run"\n'
        services.register(by=OPERATOR, manifest_text=text, repository=f"/srv/{name}")
        what = Revision(name, new_id("x")[-12:] * 3, "1.0", "Work", "mira@example.org", clock.now(), text)  # fmt: skip
        release = releases.queue(by=OPERATOR, what=what)
        sites.append(f"{name}/production")
        SiteRow.objects.create(
            pk=sites[-1],
            service=name,
            environment="production",
            port=20_000 + number,
            old=release,
            changed_at=clock.now(),
        )
    return [row.pk for row in SiteRow.objects.all()]


def look(browser: Client, sites: list[str]) -> tuple[str, int, int]:
    """Return the page, and how often the database and the store were asked."""
    store = Store(sites, clock.now() - timedelta(minutes=10))
    with (
        bound(TelemetryStore, store),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        answer = browser.get("/")
    assert answer.status_code == 200
    return unescape(answer.content.decode()).replace("\u00a0", " "), len(asked), store.asked


def test_fifty_services_ask_no_more_than_three(join, browser_of, provider):
    browser = browser_of(join("Vera", Role.VIEWER))
    few = look(browser, live(3))
    many = look(browser, live(50))
    assert (many[1], many[2]) == (few[1], few[2])
    assert many[2] == 2
    assert "50 places" in many[0]
    assert 'href="/services/shop-49#production"' in many[0]
    assert "1 %" in many[0]


def test_a_fresh_golive_teaches_the_first_steps(join, browser_of, provider):
    said, _, asked = look(browser_of(join("Vera", Role.VIEWER)), [])
    assert "golive init && golive deploy" in said
    assert "Add a channel" in said
    assert asked <= 1
