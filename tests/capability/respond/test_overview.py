"""The overview with many services: as many questions to the database and the store as with a few."""

import re
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
from golive.kernel.events.queries import Happened
from golive.kernel.ids import new_id
from golive.kernel.ports import bound
from golive.respond.incidents.models import Incident
from golive.respond.overview.pages import happening
from golive.respond.overview.queries import History
from golive.ship.releases import operations as releases
from golive.ship.releases.models import Outage, Release
from golive.ship.releases.operations import Revision
from golive.ship.services import operations as services
from golive.ship.traffic.domain import Certificate
from golive.ship.traffic.models import SiteRow
from golive.ship.traffic.ports import TrafficRouter
from golive.watch.telemetry.ports import TelemetryStore
from tests.support.fake_router import FakeRouter
from tests.support.ship_world import OPERATOR

pytestmark = pytest.mark.django_db


class Store:
    """A store that has seen one request a second at every site, and counts what it is asked."""

    def __init__(self, sites: list[str], at: datetime) -> None:
        self.sites, self.at, self.asked = sites, at, 0

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        self.asked += 1
        row = {"requests": 3600, "errors": 36, "quantiles": [10.0, 20.0, 30.0]}
        seen = {"first_seen": self.at, "last_seen": self.at}
        slot = int(self.at.timestamp()) // int((params or {})["step"])
        return [{"name": site, "slot": at, **row, **seen} for site in self.sites for at in (0, slot)]


def live(count: int) -> list[str]:
    """Register services, each with a release that serves production."""
    sites = []
    for number in range(SiteRow.objects.count(), count):
        name = f"shop-{number}"
        text = f'service = "{name}"\n[processes.web]\ncommand = "run"\n'
        services.register(by=OPERATOR, manifest_text=text, repository=f"/srv/{name}")
        what = Revision(name, new_id("x")[-12:] * 3, "1.0", "Work", "mira@example.org", clock.now(), text)
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
    assert many[2] == 1
    assert "50 places" in many[0]
    assert 'href="/services/shop-49#production"' in many[0]
    assert "1 %" in many[0]


@pytest.mark.parametrize(
    ("ago", "least", "most"), [(timedelta(minutes=10), 0, 0), (timedelta(), 3600 / 180, 3600 / 60)]
)
def test_the_rate_is_of_now_and_no_mean_of_an_hour(join, browser_of, provider, ago, least, most):
    sites = live(1)
    with bound(TelemetryStore, Store(sites, clock.now() - ago)):
        browser = browser_of(join("Vera", Role.VIEWER))
        board, page = browser.get("/").content.decode(), browser.get("/services/shop-0").content.decode()
    (shown,) = re.findall(r'<span class="cells"><span><b>([\d.]+)</b>', board)
    assert least <= float(shown) <= most
    (shown,) = re.findall(r"([\d.]+) <small>a second now</small>", page)
    assert least <= float(shown) <= most


def test_half_of_the_visitors_are_not_read_as_all(join, browser_of, provider):
    (site,) = live(1)
    text = '[processes.web]\ncommand = "run"\n'
    what = Revision("shop-0", "b" * 40, "2.0", "More", "mira@example.org", clock.now(), f'service = "shop-0"\n{text}')
    release = releases.queue(by=OPERATOR, what=what)
    Release.objects.filter(pk=release).update(state="STEP", share=0.5, serving_at=clock.now())
    SiteRow.objects.filter(pk=site).update(new=release, share=0.5)
    said, _, _ = look(browser_of(join("Vera", Role.VIEWER)), [site])
    assert "2.0 at 50 %" in said


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("All users are on 1.1.", "shop: All users are on 1.1."),
        ("It is being built.", "shop 1.1: It is being built."),
        ("shop 1.1 is back.", "shop 1.1 is back."),
    ],
)
def test_what_happened_names_the_service(sentence, said):
    facts = {"service": "shop", "version": "1.1", "sentence": sentence}
    (moment,) = happening.moments([Happened(1, "release.full", "rel_1", facts, clock.now())])
    assert moment.says == said


def test_a_fresh_golive_teaches_the_first_steps(join, browser_of, provider):
    said, _, asked = look(browser_of(join("Vera", Role.VIEWER)), [])
    assert "golive init && golive deploy" in said
    assert "Add a channel" in said
    assert asked <= 1


@pytest.mark.parametrize(("state", "says"), [("BUILT", "on its way"), ("FAILED_BEFORE_TRAFFIC", "not live yet")])
def test_who_has_shipped_is_led_to_that_release_and_not_told_to_ship(join, browser_of, provider, state, says):
    live(1)
    SiteRow.objects.all().delete()
    Release.objects.update(state=state, sentence="The gates say so.")
    said, _, _ = look(browser_of(join("Vera", Role.VIEWER)), [])
    assert f"Your first app is {says}" in said
    assert "shop-0 1.0: The gates say so." in said
    assert f'href="/releases/{Release.objects.get().pk}"' in said
    assert "golive init" not in said


FULL = """service = "market"
keep = ["data/", "shop.sqlite3"]
[processes.web]
command = "gunicorn market.wsgi"
[processes.mailer]
command = "python -m market.mailer <&2"
[database]
sqlite = "shop.sqlite3"
migrate = "python manage.py migrate"
[[gates]]
name = "tests"
command = "pytest -q"
[environments.production]
secret = ["PAYMENT_KEY"]
"""


def test_the_page_of_a_service_says_where_it_runs_and_what_is_kept(join, browser_of, provider, home):
    browser = browser_of(join("Vera", Role.VIEWER))
    services.register(by=OPERATOR, manifest_text=FULL, repository="/srv/market")
    kept = home / "data" / "market" / "production" / "data"
    kept.mkdir(parents=True)
    (kept / "photo.jpg").write_bytes(b"x")
    answer = browser.get("/services/market")
    said = unescape(answer.content.decode()).replace("\u00a0", " ")
    assert answer.status_code == 200
    assert "market does not serve anyone yet." in said
    assert "python -m market.mailer <&2" in said
    assert "<&2" not in answer.content.decode()
    assert "pytest -q" in said
    assert "production, 1 entry" in said
    assert "no file with its secrets yet" in said
    assert "None yet: one is taken before each release to production." in said
    assert "golive backup create -s market" in said


def test_a_service_that_serves_shows_its_last_hour(join, browser_of, provider):
    sites = live(1)
    store = Store(sites, clock.now() - timedelta(minutes=10))
    with bound(TelemetryStore, store):
        answer = browser_of(join("Vera", Role.VIEWER)).get("/services/shop-0")
    said = unescape(answer.content.decode()).replace("\u00a0", " ")
    assert "1.0 serves everyone in production." in said
    assert "36 of 3,600" in said
    assert "accepted 1 %" in said
    assert "No process of this release is kept on this machine." in said


@pytest.mark.parametrize(
    ("days", "refused", "said", "state"),
    [
        (80.5, "", "80 days", ""),
        (13.5, "", "The certificate expires in 13 days.", "suspicious"),
        (80.5, "/c.pem is for other.example", "Newer files are not used: /c.pem is for other.example.", "suspicious"),
        (-1, "", "The certificate expired on", "broken"),
    ],
)
def test_the_page_of_a_service_shows_its_certificate_and_warns(join, browser_of, provider, days, refused, said, state):
    (site,) = live(1)
    tls = {"certificate": "/etc/tls/chain.pem", "key": "/etc/tls/key.pem", "redirect_from": None}
    SiteRow.objects.filter(pk=site).update(options={"tls": tls, "domains": ["shop.example"]})
    ends = clock.now() + timedelta(days=days)
    served = {site: Certificate(("shop.example",), ends, refused, "d1")}
    with bound(TrafficRouter, FakeRouter(served_certificates=served)):
        answer = browser_of(join("Vera", Role.VIEWER)).get("/services/shop-0")
    page = unescape(answer.content.decode()).replace("\u00a0", " ")
    assert said in page
    assert "/etc/tls/chain.pem" in page
    assert "key.pem" not in page
    assert 'href="https://shop.example:20000"' in page
    assert (f'<p class="note" data-state="{state}">' in page) is bool(state)


def test_charts_of_other_floors_know_the_releases_and_incidents_of_a_place():
    mine, other = live(2)
    now = clock.now()
    begun, pulled, opened, long_ago = (now - timedelta(minutes=m) for m in (30, 20, 10, 600))
    Release.objects.filter(pk=SiteRow.objects.get(pk=mine).old).update(serving_at=begun, pulled_at=pulled)
    what = {"severity": "SEV2", "title": "Slow", "environment": "production"}
    for number, (service, at) in enumerate((("shop-0", opened), ("shop-0", long_ago), ("shop-1", opened)), 1):
        Incident.objects.create(
            pk=f"inc_{number}", number=number, dedup_key=str(number), service=service, opened_at=at, **what
        )
    said = History().marks(mine, now - timedelta(hours=1), now)
    assert [(mark.label, mark.state) for mark in said] == [("1.0", None), ("1.0 pulled", "broken"), ("#1", "broken")]
    assert [mark.label for mark in History().marks(other, now - timedelta(hours=1), now)] == ["#3"]
    assert list(History().marks("shop-0/staging", now - timedelta(hours=1), now)) == []


def test_a_service_that_is_down_says_so_on_its_row_and_on_its_page(join, browser_of, provider):
    (site,) = live(1)
    release, now = SiteRow.objects.get(pk=site).old, clock.now()
    before = now - timedelta(days=1)
    Release.objects.filter(pk=release).update(full_at=before)
    Outage.objects.create(
        site=site, release_id=release, since=now - timedelta(minutes=5), seen=now, told=True, sentence="Gone."
    )
    with bound(TelemetryStore, Store([site], now)), bound(TrafficRouter, FakeRouter()):
        browser = browser_of(join("Vera", Role.VIEWER))
        for path in ("/", "/services/shop-0"):
            page = browser.get(path).content.decode()
            assert "1.0 is down" in page
            assert '<rect class="river" data-state="broken"' in page
            assert '<i class="dot" data-state="serving"' not in page


def test_the_palette_knows_services_and_releases_and_offers_only_what_a_role_may_do(join, browser_of, provider):
    live(2)
    viewer = browser_of(join("Vera", Role.VIEWER)).get("/palette.json").json()["entries"]
    assert {"Services", "Releases", "Copy"} <= {one["group"] for one in viewer}
    assert "Do" not in {one["group"] for one in viewer}
    operator = browser_of(join("Olga", Role.OPERATOR)).get("/palette.json").json()["entries"]
    asked = [one for one in operator if one["group"] == "Do"]
    assert asked
    assert all("#confirm-" in one["path"] for one in asked)


def test_a_service_that_is_not_there_says_so(join, browser_of):
    assert browser_of(join("Vera", Role.VIEWER)).get("/services/nothing").status_code == 404
