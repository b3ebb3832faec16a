"""What every router must keep, the real edge and the one that other tests use."""

import socket
from dataclasses import replace

import pytest

from golive.adapters.envoy import EnvoyRouter
from golive.ship.traffic.domain import Backend, EdgeState, Replica, Site, Split
from golive.ship.traffic.ports import EdgeRefused, TrafficRouter, UnknownSite
from tests.support.fake_router import FakeRouter

SITE = Site(
    "market/production",
    8080,
    (
        Backend("A", (Replica("a-1", "127.0.0.1", 1),)),
        Backend("B", (Replica("b-1", "127.0.0.1", 2),)),
    ),
    Split.only("A"),
)


@pytest.fixture(params=["envoy", "fake"])
def router(request, tmp_path) -> TrafficRouter:
    """The real one has no Envoy running here: states must be taken all the same, for its start."""
    return EnvoyRouter(tmp_path) if request.param == "envoy" else FakeRouter()


def test_nothing_is_served_at_first(router):
    assert router.current() == EdgeState()
    assert router.counters() == {}
    assert router.in_flight("market/production", "A") == 0


def test_a_state_is_kept_and_taking_it_again_changes_nothing(router):
    state = EdgeState((SITE,), trusted_proxies=("10.0.0.0/8",))
    first = router.apply(state)
    assert first.changed
    again = router.apply(state)
    assert (again.version, again.changed) == (first.version, ())
    assert router.current() == state


def test_a_split_moves_one_site_and_is_remembered(router):
    other = replace(SITE, id="other/production", port=8081)
    router.apply(EdgeState((SITE, other)))
    router.apply(EdgeState((SITE.with_split(Split("B", "A", 0.1)), other)))
    moved = router.set_split(SITE.id, Split("B", "A", 0.5))
    assert len(moved.changed) == 1
    splits = {site.id: site.split for site in router.current().sites}
    assert splits == {SITE.id: Split("B", "A", 0.5), other.id: Split.only("A")}
    assert router.set_split(SITE.id, Split("B", "A", 0.5)).changed == ()


def test_a_port_of_its_own_can_be_had_and_one_of_others_cannot(router):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        if isinstance(router, FakeRouter):
            router.taken.add(taken)
        assert not router.can_listen(taken)
        router.apply(EdgeState((replace(SITE, port=taken),)))
        assert isinstance(router, FakeRouter) or router.can_listen(taken)


def test_what_was_never_applied_cannot_be_split(router):
    with pytest.raises(UnknownSite):
        router.set_split(SITE.id, Split.only("A"))
    router.apply(EdgeState((SITE,)))
    with pytest.raises(UnknownSite):
        router.set_split(SITE.id, Split("C", "A", 0.1))
    assert router.current() == EdgeState((SITE,))


def test_a_version_that_was_overtaken_is_not_confirmed(router):
    old = router.apply(EdgeState((SITE,))).version
    router.set_split(SITE.id, Split.only("B"))
    with pytest.raises(EdgeRefused):
        router.confirm(old, limit_s=0.1)
