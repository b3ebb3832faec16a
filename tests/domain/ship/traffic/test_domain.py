"""What a description of the edge may say."""

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.adapters.envoy.pages import from_addresses
from golive.adapters.envoy.render import render
from golive.ship.traffic.domain import (
    Backend,
    EdgeState,
    Maintenance,
    Replica,
    Site,
    SlowRoute,
    Split,
)

BACKENDS = (Backend("A", (Replica("a-1", "127.0.0.1", 1),)), Backend("B", ()))
networks = st.builds(
    lambda address, bits: ipaddress.ip_network((address, bits), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(8, 32),
)


@given(networks, st.data())
def test_the_matcher_of_a_network_is_the_network(network, data):
    last = int(network.broadcast_address)
    inside = st.integers(int(network.network_address), last)
    near = st.sampled_from([max(int(network.network_address) - 1, 0), min(last + 1, 2**32 - 1)])
    address = ipaddress.ip_address(data.draw(inside | near | st.integers(0, 2**32 - 1)))
    pattern = from_addresses((str(network),))["string_match"]["safe_regex"]["regex"]
    assert bool(re.fullmatch(pattern, str(address))) == (address in network)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_same_state_gives_the_same_files_and_a_share_changes_one(tmp_path_factory, one, other):
    home = tmp_path_factory.getbasetemp()
    first, again, later = (
        render(
            EdgeState((Site("m/p", 80, BACKENDS, Split("B", "A", share)),)),
            home,
            "127.0.0.1",
            "s",
            {},
        )
        for share in (one, one, other)
    )
    assert first == again
    assert {name for name in first if first[name] != later[name]} <= {"rds-port-80.json"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Split("A", "A", 0.1),
        lambda: Split(None, None),
        lambda: Split("A", "B", 1.1),
        lambda: Site("m/p", 80, BACKENDS, Split.only("C")),
        lambda: Site("m/p", 80, csp="a\nset-cookie: x"),
        lambda: Site("M P", 80),
        lambda: Site("m/p", 80, trace_percent=101.0),
        lambda: Backend("%REQ(x)%", ()),
        lambda: Replica("a b", "127.0.0.1", 1),
        lambda: SlowRoute("reports"),
        lambda: Maintenance(allow=("everyone",)),
        lambda: Maintenance(allow=("fd00::/8",)),
        lambda: EdgeState((Site("m/p", 80), Site("m/p", 81))),
        lambda: EdgeState((Site("m/p", 80), Site("m/q", 80))),
        lambda: EdgeState(trusted_proxies=("proxy.example",)),
    ],
)
def test_nonsense_cannot_be_said(make):
    with pytest.raises(ValueError, match=r".+"):
        make()
