"""Time limits as an owner writes them into golive.toml, and as a visitor meets them."""

from dataclasses import fields

import pytest

from golive.kernel import clock
from golive.kernel.config import parse_toml
from golive.kernel.ports import bound
from golive.ship.releases.domain.policy import policy
from golive.ship.services.domain.idle import idle_keys
from golive.ship.services.domain.manifest import PRODUCTION, Manifest
from golive.ship.traffic import operations as traffic
from golive.ship.traffic.domain import Site, SlowRoute
from golive.ship.traffic.ports import TrafficRouter
from tests.contract.edge.client import ask
from tests.contract.edge.conftest import SITE
from tests.support import wait_for

pytestmark = pytest.mark.django_db
SHOP = 'service = "market"\n[processes.web]\ncommand = "serve"\n[environments.production]\n'


def settings(keys):
    return policy(parse_toml(Manifest, SHOP + keys, "golive.toml", also=idle_keys), PRODUCTION).edge


@pytest.fixture
def serve(edge):
    """Bring a split to the edge by the rows of its site, with the settings of a golive.toml."""

    def write(keys, *, old="A", new="", share=0.0):
        now = clock.now()
        traffic.open_site(service="market", environment=PRODUCTION, port=edge.port, at=now)
        for release in ("A", "B"):
            found = [upstream.replica for upstream in edge.of(release)]
            traffic.set_backend(site=SITE, release=release, replicas=found, at=now)
        traffic.set_split(site=SITE, old=old, new=new, share=share, at=now, options=settings(keys))
        traffic.apply()

    with bound(TrafficRouter, edge.router):
        yield write


@pytest.fixture
def hanging(edge):
    """Takes releases whose replicas from now on accept and never answer."""
    for upstream in edge.upstreams:
        ask(upstream.port, "/_again")

    def hang(*releases):
        for release in releases:
            for upstream in edge.of(release):
                upstream.mode("hang")

    yield hang
    for upstream in edge.upstreams:
        upstream.mode("ok")
        ask(upstream.port, "/let-go")


def runs(edge, path):
    return sum(upstream.seen(path) for upstream in edge.upstreams)


def test_a_get_that_hangs_is_asked_of_the_other_release_after_the_limit_of_a_try(edge, serve, hanging):
    serve('per_try_timeout = "300ms"', new="B", share=1.0)
    wait_for(lambda: edge.get().text == "B")
    hanging("B")
    assert edge.get("/rescued-by-toml").text == "A"
    assert runs(edge, "/rescued-by-toml") == 2


def test_no_try_is_longer_than_its_paths_limit(edge, serve, hanging):
    serve('slow_routes = [{ prefix = "/reports", timeout = "10s", per_try_timeout = "300ms" }]', new="B", share=1.0)
    wait_for(lambda: edge.get().text == "B")
    hanging("B")
    assert edge.get("/reports/toml").text == "A"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_takes_as_long_as_the_owners_timeout_is_run_once(edge, serve, hanging, method):
    path = f"/patience-{method}"
    serve('timeout = "900ms"')
    hanging("A", "B")
    assert edge.get(path, method).status == 504
    assert runs(edge, path) == 1


FIFTEEN, NONE = 15.0, 0.0


@pytest.mark.parametrize(
    ("keys", "whole", "one_try"),
    [
        ("", 60.0, FIFTEEN),
        ('timeout = "40s"', 40.0, NONE),  # an answer after 35 s is as welcome as the owner says
        ('timeout = "60s"', 60.0, NONE),
        ('timeout = "0s"', 0.0, NONE),
        ('per_try_timeout = "5s"', 60.0, 5.0),
        ('per_try_timeout = "0s"', 60.0, NONE),
        ('timeout = "40s"\nper_try_timeout = "20s"', 40.0, 20.0),
        ('timeout = "0s"\nper_try_timeout = "20s"', 0.0, 20.0),
    ],
)
def test_how_long_a_request_and_one_try_of_it_may_take(edge, serve, keys, whole, one_try):
    serve(keys)
    site = traffic.desired().site(SITE)
    assert (site.route_timeout_s, site.try_timeout_s) == (whole, one_try)


def test_a_slow_path_has_no_limit_for_a_try_unless_it_is_given(edge, serve):
    serve('slow_routes = [{ prefix = "/a" }, { prefix = "/b", timeout = "2m", per_try_timeout = "30s" }]')
    assert traffic.desired().site(SITE).slow_routes == (SlowRoute("/a", 600.0, NONE), SlowRoute("/b", 120.0, 30.0))


def test_what_an_owner_cannot_say_to_the_edge_is_known():
    of_golive = {"id", "port", "backends", "split", "maintenance"}
    assert {field.name for field in fields(Site)} - set(settings("")) - of_golive == {"cors", "compression"}
