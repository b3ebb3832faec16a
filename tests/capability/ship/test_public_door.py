"""Whether the edge has a public door, and where it leads."""

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from golive.kernel.config import settings
from golive.kernel.ports import bound
from golive.runtime import lifecycle
from golive.runtime.processes import control
from golive.ship.traffic import operations
from golive.ship.traffic.domain import Door, Tls
from golive.ship.traffic.operations import edge
from golive.ship.traffic.ports import EdgeRefused, TrafficRouter
from tests.support.certificates import write_pair
from tests.support.fake_router import FakeRouter

PAIR = {"public_certificate": "/etc/chain.pem", "public_key": "/etc/key.pem"}


def door(monkeypatch, **given):
    config = settings().model_copy(update={"public_url": "https://golive.example:8443", **given})
    monkeypatch.setattr(edge, "settings", lambda: config)
    return edge._door()


def test_it_needs_an_https_address_and_a_certificate(monkeypatch):
    assert door(monkeypatch) is None
    assert door(monkeypatch, **PAIR, public_url="http://golive.example") is None
    tls = Tls("/etc/chain.pem", "/etc/key.pem")
    wanted = Door("golive.example", 8443, tls, "127.0.0.1", settings().port)
    assert door(monkeypatch, **PAIR) == wanted
    assert door(monkeypatch, **PAIR, public_url="https://Golive.example").port == 443


def test_golive_up_says_what_is_wrong_with_the_certificate_of_the_door(tmp_path):
    pair = tmp_path / "chain.pem", tmp_path / "key.pem"
    given = {
        "public_url": "https://golive.example:8443",
        "public_certificate": str(pair[0]),
        "public_key": str(pair[1]),
    }
    config = settings().model_copy(update={**given, "home": tmp_path / "home"})
    config.edge.mkdir(parents=True)
    assert lifecycle._door(settings()) == (None, "")
    write_pair(*pair, "golive.example")
    found, trouble = lifecycle._door(config)
    assert (found.port, found.domains, trouble) == (8443, ("golive.example",), "")
    write_pair(*pair, "other.example")
    _, trouble = lifecycle._door(config)
    assert "is for other.example, not for golive.example" in trouble
    assert "Put a certificate and key there that fit" in trouble


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "localhost"])
def test_the_control_room_is_reached_on_loopback(monkeypatch, host):
    assert door(monkeypatch, **PAIR, host=host).upstream_host == "127.0.0.1"


def test_a_site_with_a_bad_certificate_or_a_taken_redirect_is_refused_beforehand():
    router = FakeRouter(bad_certificates={"/bad"}, taken={80})
    with bound(TrafficRouter, router):
        operations.check_tls("shop/production", {})
        with pytest.raises(EdgeRefused):
            operations.check_tls("shop/production", {"tls": {"certificate": "/bad", "key": "/k"}})
        good = {"certificate": "/good", "key": "/k", "redirect_from": 80}
        with pytest.raises(operations.PortTaken):
            operations.check_tls("shop/production", {"tls": good})


def test_the_control_room_believes_its_own_edge_and_the_proxies_that_are_named():
    config = settings().model_copy(update={"trusted_proxies": "10.1.0.0/16, 192.0.2.7"})
    trusted = ProxyHeadersMiddleware(None, control.server(config).config.forwarded_allow_ips).trusted_hosts
    assert [one in trusted for one in ("127.0.0.1", "10.1.2.3", "192.0.2.7", "192.0.2.8")] == [True, True, True, False]
