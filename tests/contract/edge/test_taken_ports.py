"""A port of the edge that another program took while no edge ran: that site suffers, no other one does."""

import pytest

from golive.ship.traffic.domain import EdgeState, Site, Split
from golive.ship.traffic.ports import EdgeRefused
from tests.contract.edge.client import ask
from tests.contract.edge.conftest import SITE, taken_at_start
from tools.lab import free_port

OTHER = "other/production"


@pytest.fixture
def both(edge):
    """Two sites at ports of their own, as the edge serves them."""
    here = edge.site(Split.only("A"))
    state = EdgeState((here, Site(OTHER, free_port(), here.backends, Split.only("A"))))
    edge.router.apply(state)
    return state


def test_the_other_sites_go_on_being_served_changed_and_pulled(edge, both):
    port = both.site(OTHER).port
    with taken_at_start(edge, port):
        assert edge.get().text == "A"
        assert edge.router.shut_ports() == {port}
        moved = edge.router.apply(both.with_site(edge.site(Split("B", "A", 1.0))))
        edge.router.confirm(moved.version)
        assert {edge.get().text for _ in range(5)} == {"B"}
        edge.router.confirm(edge.router.set_split(SITE, Split("B", "A", 0.0)).version)
        assert {edge.get().text for _ in range(5)} == {"A"}
        assert edge.router.shut_ports() == {port}
        assert not edge.router.can_listen(port)
        assert edge.router.current() == both.with_site(edge.site(Split("B", "A", 0.0)))
    edge.router.apply(edge.router.current())
    assert ask(port).text == "A"
    assert edge.router.shut_ports() == set()
    assert edge.router.can_listen(port)


def test_a_port_that_is_free_before_anybody_looked_is_served_at_the_next_look(edge, both):
    with taken_at_start(edge, both.site(OTHER).port):
        pass
    assert edge.router.apply(both).changed == ()
    assert ask(both.site(OTHER).port).text == "A"


def test_a_site_without_its_port_is_changed_all_the_same_and_serves_that_once_it_has_the_port(edge, both):
    with taken_at_start(edge, edge.port):
        edge.router.apply(both)
        edge.router.confirm(edge.router.set_split(SITE, Split("B", "A", 1.0)).version)
        assert edge.router.shut_ports() == {edge.port}
        assert ask(both.site(OTHER).port).text == "A"
    edge.router.apply(edge.router.current())
    assert edge.get().text == "B"


def test_a_new_site_at_a_taken_port_is_refused_still(edge, both):
    port = both.site(OTHER).port
    with taken_at_start(edge, port), pytest.raises(EdgeRefused):
        edge.router.apply(EdgeState((*both.sites, Site("third/production", edge.of("A")[0].port))))
    edge.router.apply(both)
    assert ask(port).text == "A"
