"""TLS at the edge as a visitor meets it, and as its owner renews it."""

import http.client
import json
import socket
import ssl
import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from golive.kernel import clock
from golive.ship.traffic.domain import EdgeState, Site, Split, Tls
from golive.ship.traffic.ports import EdgeRefused
from tests.contract.edge.client import ask
from tests.contract.edge.conftest import SITE, taken_at_start
from tests.support import wait_for
from tests.support.certificates import write_pair
from tools.lab import free_port

NAME = "shop.example"


@pytest.fixture
def files(tmp_path):
    chain, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    write_pair(chain, key, NAME)
    return chain, key


@pytest.fixture
def secure(edge, files):
    """The edge with a second site that speaks TLS, and one port that sends people there."""
    tls = Tls(str(files[0]), str(files[1]), free_port())
    plain = edge.site(Split.only("A"))
    site = replace(plain, id="secure/production", port=free_port(), domains=(NAME,), tls=tls)
    edge.router.apply(EdgeState((plain, site)))
    return edge, site


def context(**limits):
    found = ssl.create_default_context()
    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
    for name, value in limits.items():
        setattr(found, name, value)
    return found


def connect(site, name=NAME, **limits):
    raw = socket.create_connection(("127.0.0.1", site.port), timeout=10)
    return context(**limits).wrap_socket(raw, server_hostname=name)


def serial(site, name=NAME):
    with connect(site, name) as connection:
        return x509.load_der_x509_certificate(connection.getpeercert(True)).serial_number


class Https(http.client.HTTPConnection):
    def __init__(self, site, name=NAME):
        super().__init__(name)
        self.sock = connect(site, name)


def get(site, path="/", headers=None, name=NAME):
    connection = Https(site, name)
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    found = {key.lower(): value for key, value in response.getheaders()}
    body = response.read()
    connection.close()
    return body, found


def test_a_site_speaks_tls_and_tells_the_application_so(secure):
    edge, site = secure
    body, headers = get(site, "/headers")
    assert {k.lower(): v for k, v in json.loads(body).items()}["x-forwarded-proto"] == "https"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in edge.get().headers
    with connect(site) as connection:
        assert connection.version() == "TLSv1.3"
    with connect(site, maximum_version=ssl.TLSVersion.TLSv1_2) as connection:
        assert connection.version() == "TLSv1.2"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_older_protocols_and_plain_http_get_nothing(secure):
    _, site = secure
    old = {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1_1}
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(site, **old)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(site.port)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(site, "unknown.example")


def test_it_speaks_tls_again_once_it_has_a_port_that_was_taken(secure):
    edge, site = secure
    state = edge.router.current()
    with taken_at_start(edge, site.port):
        for _ in range(2):
            edge.router.apply(state)
            assert edge.router.shut_ports() == {site.port, site.tls.redirect_from}
        assert edge.get().text == "A"
        assert edge.router.certificates()[site.id].names == (NAME,)
    edge.router.apply(state)
    assert get(site)[0] in (b"A", b"B")


def test_a_plain_port_that_is_taken_leaves_tls_alone(secure):
    edge, site = secure
    with taken_at_start(edge, site.tls.redirect_from):
        edge.router.apply(edge.router.current())
        assert edge.router.shut_ports() == {site.tls.redirect_from}
        assert get(site)[0] in (b"A", b"B")
    edge.router.apply(edge.router.current())
    assert ask(site.tls.redirect_from, headers={"host": NAME}).status == 308


def test_the_plain_port_sends_everyone_to_tls(secure):
    _, site = secure
    for method in ("GET", "POST"):
        answer = ask(site.tls.redirect_from, "/a?b=1", method, {"host": NAME})
        assert answer.status == 308
        assert answer.headers["location"] == f"https://{NAME}:{site.port}/a?b=1"
    assert ask(site.tls.redirect_from, "/", headers={"host": "evil.example"}).status == 404


def test_a_renewed_certificate_serves_without_a_dropped_connection(secure, files):
    edge, site = secure
    held = Https(site)
    held.request("GET", "/")
    held.getresponse().read()
    new = write_pair(*files, NAME)
    started = edge.router.apply(edge.router.current())
    assert [name for name in started.changed if not name.startswith("sds-")] == []
    wait_for(lambda: serial(site) == new.serial_number, what="the renewed certificate")
    held.request("GET", "/")
    assert held.getresponse().read() == b"A"
    held.close()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda c, k: write_pair(c, k, NAME, days=-0.5), "expired on"),
        (lambda c, k: write_pair(c, k, NAME, since=-2), "valid only from"),
        (lambda c, k: write_pair(c, k, "other.example"), "is for other.example, not for"),
        (lambda c, k: write_pair(c, k.with_name("other"), NAME), "does not belong to"),
        (lambda c, _: c.write_text("nothing"), "holds no PEM certificate"),
        (lambda _, k: k.write_text("nothing"), "holds no PEM private key"),
        (lambda c, _: c.unlink(), "cannot be read: No such file"),
        (lambda _, k: k.chmod(0o644), "everybody on this machine can read"),
        (
            lambda c, k: write_pair(c, k, NAME, key_type=ed25519.Ed25519PrivateKey.generate()),
            "neither RSA nor of an elliptic curve",
        ),
        (
            lambda c, k: write_pair(c, k, NAME, key_type=ec.generate_private_key(ec.SECP256K1())),
            "of the curve secp256k1",
        ),
    ],
)
def test_bad_files_are_refused_in_words_and_the_old_certificate_serves_on(secure, files, damage, words):
    edge, site = secure
    good = serial(site)
    damage(*files)
    with pytest.raises(EdgeRefused, match=words):
        edge.router.check(site)
    edge.router.apply(edge.router.current())
    assert serial(site) == good
    fact = edge.router.certificates()[site.id]
    assert words in fact.refused
    assert words in fact.warning(clock.now())


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_every_curve_that_is_not_refused_serves(secure, files, curve):
    edge, site = secure
    new = write_pair(*files, NAME, key_type=ec.generate_private_key(curve))
    edge.router.apply(edge.router.current())
    wait_for(lambda: serial(site) == new.serial_number, what="the certificate")


def test_an_edge_that_starts_again_finds_the_certificate_it_had(secure, files):
    edge, site = secure
    good = serial(site)
    files[1].unlink()
    edge.kill()
    edge.router.apply(edge.router.current())
    edge.start()
    assert serial(site) == good


def test_a_site_that_has_no_certificate_at_all_keeps_nobody_else_from_being_served(edge, tmp_path):
    plain = edge.site(Split.only("A"))
    lost = Tls(str(tmp_path / "none.pem"), str(tmp_path / "none.key"))
    site = replace(plain, id="lost/production", port=free_port(), domains=(NAME,), tls=lost)
    edge.router.apply(EdgeState((plain, site)))
    assert edge.get().status == 200
    assert "Nothing is served" in edge.router.certificates()[site.id].warning(clock.now())
    assert edge.router.current().site(site.id) == site


def test_sites_share_a_tls_port_each_with_its_own_certificate(secure, tmp_path):
    edge, site = secure
    pair = tmp_path / "other.pem", tmp_path / "other.key"
    write_pair(*pair, "*.other.example")
    other = replace(
        site,
        id="other/production",
        domains=("a.other.example",),
        split=Split.only("B"),
        tls=Tls(str(pair[0]), str(pair[1])),
    )
    edge.router.apply(EdgeState((site, other)))
    assert serial(site) != serial(site, "a.other.example")


def test_the_key_stays_with_its_owner(secure, files):
    edge, _ = secure
    secret = files[1].read_text().splitlines()[1].encode()
    for path in edge.directory.rglob("*"):
        if stat.S_ISREG(path.stat().st_mode) and secret in path.read_bytes():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert path.parent.name == "certificates"
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_copies_that_nothing_uses_are_deleted(secure, files):
    edge, _ = secure
    for _ in range(3):
        write_pair(*files, NAME)
        edge.router.apply(edge.router.current())
    assert len(list((edge.directory / "certificates").glob("*.key"))) == 1


def test_a_person_is_warned_three_weeks_before_the_end(secure, files):
    edge, site = secure
    now = clock.now()
    assert edge.router.certificates()[site.id].warning(now) == ""
    write_pair(*files, NAME, days=20.5)
    edge.router.apply(edge.router.current())
    fact = edge.router.certificates()[site.id]
    assert fact.warning(now) == "The certificate expires in 20 days."
    assert "expired on" in fact.warning(now + timedelta(days=30))


def test_ports_with_and_without_tls_do_not_mix():
    tls = Tls("/a", "/b", 81)
    one = Site("one/production", 443, domains=("a.example",), tls=tls)
    with pytest.raises(ValueError, match="share a port"):
        EdgeState((one, Site("two/production", 443, domains=("b.example",))))
    with pytest.raises(ValueError, match="from which another redirects"):
        EdgeState((one, Site("two/production", 81, domains=("b.example",))))
    assert EdgeState((one,)).ports == (81, 443)
    assert Site(SITE, 1).tls is None
