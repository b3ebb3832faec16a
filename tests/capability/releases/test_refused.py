"""What the edge refuses is in no row afterwards: the other sites go on being changed."""

import pytest

from golive.kernel.ports import bind
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import EdgeState
from golive.ship.traffic.ports import Applied, EdgeRefused, TrafficRouter
from tests.support.fake_router import FakeRouter
from tests.support.fake_target import Killed
from tests.support.ship_world import World, world

pytestmark = pytest.mark.django_db(transaction=True)
STAGING = "shop/staging"


class Picky(FakeRouter):
    """Refuses a release at one site; `dies`: the first time its caller is killed instead."""

    site = STAGING
    refused = ""
    dies = False

    def apply(self, state: EdgeState) -> Applied:
        wanted = state.site(self.site)
        if wanted and wanted.split and self.refused in (wanted.split.old, wanted.split.new):
            if self.dies:
                self.dies = False
                raise Killed("while the edge was told")
            raise EdgeRefused("no such cipher")
        return FakeRouter.apply(self, state)


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
