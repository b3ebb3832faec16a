"""What the edge refuses is in no row afterwards: the other sites go on being changed."""

import pytest

from golive.kernel.ports import bind
from golive.kernel.problems import Problem
from golive.ship.releases import operations
from golive.ship.releases.ports import Subject
from golive.ship.services import operations as services
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import EdgeState, Replica, Site, Split
from golive.ship.traffic.ports import Applied, EdgeRefused, TrafficRouter
from golive.ship.traffic.workflows import reconcile
from tests.support.fake_router import FakeRouter
from tests.support.fake_target import Killed
from tests.support.ship_world import MANIFEST, OPERATOR, World, canary, world

pytestmark = pytest.mark.django_db(transaction=True)
STAGING, PRODUCTION = "shop/staging", "shop/production"
REFUSED = MANIFEST.replace("probes =", 'csp = "default-src"\nrate_limit = 60\nprobes =')


class Picky(FakeRouter):
    """Refuses a release at staging, or a site with a policy; `dies`: the first time its caller is killed instead.

    `for_ever`: after the first refusal it takes nothing at all.
    """

    refused = ""
    csp = ""
    dies = False
    for_ever = False
    stuck = False

    def apply(self, state: EdgeState) -> Applied:
        if any(map(self._refuses, state.sites)) or self.stuck:
            self.stuck = self.for_ever
            if self.dies:
                self.dies = False
                raise Killed("while the edge was told")
            raise EdgeRefused("no such cipher")
        return FakeRouter.apply(self, state)

    def _refuses(self, site: Site) -> bool:
        if self.csp and site.csp == self.csp:
            return True
        return site.id == STAGING and site.split is not None and self.refused in (site.split.old, site.split.new)


def picky(w: World) -> Picky:
    router = Picky(state=w.router.state, requests=w.router.requests, number=w.router.number)
    bind(TrafficRouter, router)
    w.router = router
    return router


def agreed(w: World) -> bool:
    return traffic.desired() == w.router.state and not traffic.apply().changed


@pytest.mark.parametrize("dies", [False, True])
def test_a_refused_staging_site_is_as_it_was(dies: bool) -> None:
    with world() as w:
        one = w.ship("1.0")
        router = picky(w)
        router.refused, router.dies = w.queue("1.1"), dies
        try:
            w.until(router.refused, "FAILED_BEFORE_TRAFFIC")
        except Killed:
            w.clock.advance(11)
            w.worker = w.engine("heir")
            w.until(router.refused, "FAILED_BEFORE_TRAFFIC")
        assert "no such cipher" in w.release(router.refused).sentence
        place = sites.site(STAGING)
        assert place is not None
        assert (place.old, place.new, place.lock) == (one, "", "")
        assert set(place.backends) == {one}
        assert (router.refused, "staging") not in w.target.running
        assert agreed(w)
        w.until(w.queue("1.2"), "STEP")


def test_a_site_that_was_refused_at_its_first_time_is_in_neither() -> None:
    with world() as w:
        router = picky(w)
        router.refused = w.queue("1.0")
        w.until(router.refused, "FAILED_BEFORE_TRAFFIC")
        place = sites.site(STAGING)
        assert place is not None
        assert (place.old, place.backends) == ("", {})
        assert router.state.site(STAGING) is None
        assert agreed(w)


@pytest.mark.parametrize("dies", [False, True])
def test_settings_that_only_productions_edge_refuses_end_the_release_before_traffic_and_are_put_back(
    dies: bool,
) -> None:
    with world() as w:
        one = w.ship("1.0")
        w.run(lambda: w.number > 600)
        router = picky(w)
        router.csp, router.dies = "default-src", dies
        served, before = router.state.site(PRODUCTION), sites.site(PRODUCTION)
        w.manifest = REFUSED
        two = w.queue("1.1")
        try:
            w.until(two, "FAILED_BEFORE_TRAFFIC")
        except Killed:
            w.clock.advance(11)
            w.worker = w.engine("heir")
            w.until(two, "FAILED_BEFORE_TRAFFIC")
        said = w.release(two).sentence
        assert "refused one of `csp`, `rate_limit` of [environments.production] in golive.toml" in said
        assert "Envoy says: no such cipher" in said
        w.second()
        after = sites.site(PRODUCTION)
        assert before is not None
        assert after is not None
        assert (after.old, after.new, after.share, after.lock) == (before.old, before.new, before.share, "")
        assert set(after.backends) == {one}
        assert served is not None
        assert router.state.site(PRODUCTION) == served
        assert (two, "production") not in w.target.running
        assert w.state(one) == "WATCH_10M"
        assert agreed(w)
        w.manifest = MANIFEST
        three = w.queue("1.2")
        w.until(three, "STEP")
        assert w.release(three).replaced == one


def test_the_port_moves_with_the_release_that_names_it_and_not_before() -> None:
    with world() as w:
        one = w.ship("1.0")
        w.run(lambda: w.number > 600)
        port = sites.site(PRODUCTION).port
        w.manifest = MANIFEST.replace("probes =", f"port = {port + 7}\nprobes =")
        services.register(by=OPERATOR, manifest_text=w.manifest, repository="/srv/shop")
        w.target.fails = {"migrate production": Problem("It did not work.")}
        two = w.queue("1.1")
        w.until(two, "FAILED_BEFORE_TRAFFIC")
        reconcile()
        assert (sites.site(PRODUCTION).port, w.router.state.site(PRODUCTION).port) == (port, port)
        assert sites.site(PRODUCTION).serving == one
        w.target.fails = {}
        w.until(w.queue("1.2"), "STEP")
        assert (sites.site(PRODUCTION).port, w.router.state.site(PRODUCTION).port) == (port + 7, port + 7)


def test_a_first_release_that_productions_edge_refuses_serves_nobody_and_the_next_one_does() -> None:
    with world(REFUSED) as w:
        picky(w).csp = "default-src"
        one = w.queue("1.0")
        w.until(one, "FAILED_BEFORE_TRAFFIC")
        place = sites.site(PRODUCTION)
        assert place is not None
        assert (place.old, place.new, place.backends) == ("", "", {})
        assert w.router.state.site(PRODUCTION) is None
        assert agreed(w)
        w.manifest = MANIFEST
        w.ship("1.1")


def test_no_setting_is_blamed_while_the_edge_refuses_everything() -> None:
    with world() as w:
        w.ship("1.0")
        router = picky(w)
        router.csp, router.for_ever = "default-src", True
        w.manifest = REFUSED
        two = w.queue("1.1")
        w.until(two, "FAILED_BEFORE_TRAFFIC")
        assert w.release(two).sentence == "no such cipher"


@pytest.mark.parametrize(("environment", "state"), [("staging", "GATED"), ("production", "WARM")])
def test_while_no_edge_runs_a_release_waits_before_it_is_shown(environment: str, state: str) -> None:
    with world() as w:
        w.ship("1.0")
        w.run(lambda: w.number > 600)
        w.router.up = environment == "production"
        boot = w.target.boot

        def boot_without_edge(subject: Subject, where: str) -> tuple[Replica, ...]:
            w.router.up = w.router.up and where != environment
            return boot(subject, where)

        w.target.boot = boot_without_edge  # type: ignore[method-assign]
        two = w.queue("1.1")
        for _ in range(30):
            w.second()
        assert w.state(two) == state
        assert "The edge does not answer" in w.release(two).waits_for
        w.target.boot, w.router.up = boot, True  # type: ignore[method-assign]
        w.until(two, "STEP", seconds=20)


def test_the_way_back_asks_for_no_certificate_files() -> None:
    tls = '[environments.production.tls]\ncertificate = "/lost"\nkey = "/k"\n'
    with world(MANIFEST + tls) as w:
        one, two = canary(w)
        w.router.bad_certificates.add("/lost")
        operations.rollback(by=OPERATOR, service="shop")
        w.until(two, "ROLLED_BACK", seconds=10)
        site = w.router.state.site(PRODUCTION)
        assert site is not None
        assert site.split == Split.only(one)


def test_a_release_that_is_stopped_after_a_death_leaves_no_settings_behind() -> None:
    with world() as w:
        one = w.ship("1.0")
        w.run(lambda: w.number > 600)
        router = picky(w)
        router.csp, router.dies = "default-src", True
        before = router.state.site(PRODUCTION)
        w.manifest = REFUSED
        two = w.queue("1.1")
        with pytest.raises(Killed):
            w.until(two, "STEP")
        operations.cancel(by=OPERATOR, release=two)
        w.clock.advance(11)
        w.worker = w.engine("heir")
        w.until(two, "CANCELLED", seconds=10)
        assert traffic.desired().site(PRODUCTION) == before
        place = sites.site(PRODUCTION)
        assert place is not None
        assert set(place.backends) == {one}
