"""Visitors do not come through to a release that is well: somebody is told, until they do.  mission: RESPOND-1"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.test import Client

from golive.kernel import clock
from golive.kernel.access.roles import Actor
from golive.respond.incidents import queries
from golive.respond.incidents.queries import IncidentView
from golive.respond.statuspage import queries as statuspage
from golive.ship.releases import operations
from golive.ship.releases import queries as releases
from golive.ship.traffic import operations as traffic
from golive.ship.traffic.models import CutOff, SiteRow
from tests.capability.respond.conftest import Join, Provider
from tests.support.responding import Engine, on_call
from tests.support.ship_world import OPERATOR, World, world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]


@pytest.fixture
def w() -> Iterator[World]:
    with world() as made:
        yield made


def port_of(site: str) -> int:
    return SiteRow.objects.get(pk=site).port


def look(w: World, times: int = 1) -> list[IncidentView]:
    for _ in range(times):
        w.clock.advance(5)
        traffic.look(w.clock.now())
    return queries.latest()


def sentences() -> list[str]:
    return [site.sentence for site in releases.status() if site.serving]


def test_a_site_without_its_port_is_an_incident_of_its_own_until_it_serves_again(w: World) -> None:
    w.ship("1.0")
    port = port_of("shop/production")
    w.router.shut = {port}
    assert look(w, 2) == []
    (found,) = look(w)
    assert (found.severity, found.state, found.site) == ("SEV1", "TRIGGERED", "shop/production")
    assert found.title == "Nobody reaches shop in production"
    assert not found.blames_release
    assert f"ss -ltnp 'sport = :{port}'" in found.sentence
    assert statuspage.status().health == "outage"
    (same,) = look(w, 5)
    assert same.occurrences == 1
    w.router.shut = set()
    (still,) = look(w, 2)
    assert still.state == "TRIGGERED"
    (back,) = look(w)
    assert (back.state, CutOff.objects.count()) == ("MITIGATED", 0)
    assert statuspage.status().health == "operational"


def test_an_edge_that_does_not_answer_is_one_incident_however_many_sites_there_are(w: World) -> None:
    w.ship("1.0")
    assert len(sentences()) == 2
    w.router.up = False
    (found,) = look(w, 8)
    assert (found.severity, found.title) == ("SEV1", "The edge does not answer: nobody reaches any site")
    w.router.up = True
    (back,) = look(w, 3)
    assert back.state == "MITIGATED"


def test_what_is_over_at_once_wakes_nobody(w: World) -> None:
    w.ship("1.0")
    for _ in range(4):
        w.router.up = False
        assert look(w, 2) == []
        w.router.up = True
        assert look(w) == []


def test_what_was_not_looked_at_for_long_was_not_cut_off_for_long(w: World) -> None:
    w.ship("1.0")
    w.router.up = False
    look(w)
    w.clock.advance(3600)  # the machine was off; now everything is on its way up
    assert look(w) == []
    assert len(look(w, 2)) == 1


def test_while_the_edge_is_down_nobody_says_that_a_site_serves_again(w: World) -> None:
    w.ship("1.0")
    w.router.shut = {port_of("shop/production")}
    look(w, 3)
    w.router.up = False
    found = look(w, 6)
    assert {one.state for one in found} == {"TRIGGERED"}
    assert len(found) == 2
    w.router.up = True
    assert {one.title: one.state for one in look(w, 6)} == {
        "Nobody reaches shop in production": "TRIGGERED",
        "The edge does not answer: nobody reaches any site": "MITIGATED",
    }


def test_a_rollback_does_not_make_users_safe_who_do_not_come_through(w: World) -> None:
    w.ship("1.0")
    two = w.ship("1.1")
    w.router.shut = {port_of("shop/production")}
    look(w, 3)
    operations.rollback(by=OPERATOR, service="shop")
    w.until(two, "ROLLED_BACK")
    (found,) = look(w, 4)
    assert found.state == "TRIGGERED"


def test_an_edge_with_nobody_to_serve_and_a_staging_site_are_no_outage(w: World) -> None:
    w.router.up = False
    assert look(w, 4) == []
    w.router.up = True
    w.ship("1.0")
    w.router.shut = {port_of("shop/staging")}
    (found,) = look(w, 3)
    assert found.severity == "SEV3"


def test_people_on_call_are_asked_and_nobody_tells_them_that_users_are_safe(
    w: World, join: Join, provider: Provider
) -> None:
    join("Ana")
    on_call({"ana@example.org": ["ana1"]})
    engine = Engine()
    w.ship("1.0")
    provider.sent.clear()
    w.router.up = False
    look(w, 3)
    engine.run()
    ((line, message),) = provider.sent
    assert (line, message.act) == ("ana1", "trigger")
    assert "The edge does not answer" in message.text
    assert "safe" not in message.text


def test_status_and_pages_say_it_at_once(w: World, join: Join, browser_of: Callable[[Actor], Client]) -> None:
    w.ship("1.0")
    port = port_of("shop/production")
    browser = browser_of(join("Vera"))
    for trouble in ("the edge does not answer", f"the edge cannot listen on port {port}"):
        w.router.up = "answer" not in trouble
        w.router.shut = {port}
        said = f"nobody reaches it: {trouble}"
        (shown,) = [site for site in releases.status() if site.id == "shop/production"]
        assert (shown.sentence, shown.down) == (said, True)
        assert said in browser.get("/").content.decode()
        assert said[1:] in browser.get("/services/shop").content.decode()
    for ago in (60, 50):
        traffic.look(clock.now() - timedelta(seconds=ago))
    assert "Nobody reaches shop in production" in browser.get("/").content.decode()
    assert browser.get(f"/incidents/{queries.latest()[0].number}").status_code == 200
