"""What an owner can ask of the edge for a site: each setting as a visitor meets it."""

import gzip
import json
import os
import socket
import stat
import threading
from dataclasses import replace

import pytest

from golive.ship.traffic.domain import (
    Cors,
    EdgeState,
    Maintenance,
    Site,
    SlowRoute,
    Split,
    StaticPage,
    StaticSite,
)
from tests.contract.edge.client import ask
from tests.contract.edge.conftest import SITE
from tests.support import wait_for
from tools.lab import free_port


def test_security_headers_are_added_where_the_application_has_none(edge):
    headers = edge.get().headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "strict-transport-security" not in headers
    assert "content-security-policy" not in headers
    assert edge.get("/own").headers["x-frame-options"] == "SAMEORIGIN"


def test_a_policy_is_sent_when_asked_and_nothing_when_switched_off(edge):
    edge.serve(Split.only("A"), csp="default-src 'self'")
    assert edge.get().headers["content-security-policy"] == "default-src 'self'"
    edge.serve(Split.only("A"), security_headers=False)
    assert "x-frame-options" not in edge.get().headers


def test_the_farthest_values_that_golive_toml_takes_are_taken_by_the_edge(edge):
    policy = "default-src 'self'; report-uri /csp%20report; " + "x" * 7000
    longest = 3650 * 86_400.0
    edge.serve(
        Split.only("A"),
        csp=policy,
        rate_limit_per_minute=1_000_000_000,
        max_body_bytes=4095 * 1024 * 1024,
        route_timeout_s=longest,
        slow_routes=(SlowRoute("/a?b#c%20", longest), SlowRoute("/a", 0.0)),
        trace_percent=0.0001,
    )
    assert edge.get().headers["content-security-policy"] == policy


def test_a_body_without_limit_is_no_error(edge):
    edge.serve(Split.only("A"), max_body_bytes=0)
    assert edge.get("/long", "POST", body=b"x" * 3_000_000).status == 200


def test_nothing_tells_which_software_answers(edge):
    for path in ("/", "/own"):
        headers = edge.get(path).headers
        assert not {
            "server",
            "x-powered-by",
            "x-golive-route",
            "x-envoy-upstream-service-time",
        } & set(headers)


def test_the_rate_limit_is_per_address_and_says_when_to_come_back(edge):
    edge.serve(Split.only("A"), rate_limit_per_minute=20)
    answers = [edge.get("/limited", source="127.0.0.21") for _ in range(40)]
    refused = [answer for answer in answers if answer.status == 429]
    assert 15 <= len(refused) <= 20
    assert refused[0].headers["retry-after"] == "3"
    assert edge.get("/limited", source="127.0.0.22").status == 200


def test_without_a_rate_limit_nobody_is_refused(edge):
    assert {edge.get("/free").status for _ in range(150)} == {200}


def test_maintenance_answers_everyone_but_the_listed(edge):
    maintenance = Maintenance("We move <the> shop.", 120, ("127.0.0.31", "127.0.64.0/18"))
    edge.serve(Split.only("A"), maintenance=maintenance)
    closed = edge.get("/shop", source="127.0.0.30")
    assert closed.status == 503
    assert closed.headers["retry-after"] == "120"
    assert closed.headers["content-type"].startswith("text/html")
    assert "We move &lt;the&gt; shop." in closed.text
    assert closed.headers["x-frame-options"] == "DENY"
    assert edge.get("/shop", "POST", body=b"1", source="127.0.0.30").status == 503
    for allowed in ("127.0.0.31", "127.0.100.1"):
        assert edge.get("/shop", source=allowed).text == "A"
    assert edge.get("/shop", source="127.0.128.1").status == 503
    edge.serve(Split.only("A"))
    assert edge.get("/shop", source="127.0.0.30").status == 200


def test_a_client_cannot_claim_to_be_listed(edge):
    edge.serve(Split.only("A"), maintenance=Maintenance(allow=("10.0.0.1",)))
    claims = {"x-forwarded-for": "10.0.0.1", "x-envoy-external-address": "10.0.0.1"}
    assert edge.get(headers=claims).status == 503


def test_long_answers_are_compressed_for_those_who_can_read_it(edge):
    packed = edge.get("/big", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == b"all the same " * 1000
    assert edge.get("/big", headers={"accept-encoding": "br"}).headers["content-encoding"] == "br"
    assert "content-encoding" not in edge.get("/big").headers
    edge.serve(Split.only("A"), compression=False)
    plain = edge.get("/big", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers


def test_bodies_above_the_limit_are_refused_before_the_application(edge):
    edge.serve(Split.only("A"), max_body_bytes=1000)
    before = sum(upstream.seen("/upload") for upstream in edge.of("A"))
    assert edge.get("/upload", "POST", body=b"x" * 900).status == 200
    assert edge.get("/upload", "POST", body=b"x" * 5000).status == 413
    assert sum(upstream.seen("/upload") for upstream in edge.of("A")) == before + 1


def test_foreign_origins_may_call_only_when_listed(edge):
    edge.serve(Split.only("A"), cors=Cors(("https://app.example",), credentials=True))
    preflight = {"access-control-request-method": "POST"}
    allowed = edge.get("/api", "OPTIONS", {"origin": "https://app.example", **preflight})
    assert allowed.headers["access-control-allow-origin"] == "https://app.example"
    other = edge.get("/api", "OPTIONS", {"origin": "https://evil.example", **preflight})
    assert "access-control-allow-origin" not in other.headers


def test_time_limits_and_the_routes_that_may_take_longer(edge):
    limits = {"route_timeout_s": 0.3, "try_timeout_s": 0.2}
    edge.serve(Split.only("A"), slow_routes=(SlowRoute("/hold", 20),), **limits)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(edge.get("/hold")))
    thread.start()
    wait_for(lambda: edge.router.in_flight(SITE, "A") == 1)
    edge.serve(Split.only("A"), **limits)
    assert edge.get("/hold").status == 504
    for upstream in edge.of("A"):
        ask(upstream.port, "/let-go")
    thread.join()
    assert answers[0].status == 200


@pytest.fixture
def sleepless(edge):
    """Applications whose held answers and streams go on until the test is over."""
    for upstream in edge.upstreams:
        ask(upstream.port, "/_again")
    yield edge
    for upstream in edge.upstreams:
        ask(upstream.port, "/let-go")


def test_an_event_stream_outlives_every_limit_and_every_change(sleepless):
    edge = sleepless
    limits = {"route_timeout_s": 0.2, "try_timeout_s": 0.2}
    edge.serve(Split.only("A"), **limits)
    with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n")
        stream = connection.makefile("rb")
        events = (line for line in stream if b"data: " in line)
        first = next(events)
        edge.serve(Split("B", "A", 0.5), **limits)
        edge.serve(Split("B", "A", 1.0), **limits)
        edge.serve(Split.only("B"), **limits)
        later = [next(events) for _ in range(6)]
        stream.close()
    assert b"data: A" in first
    assert all(b"data: A" in event for event in later)


def test_websockets_pass_and_outlive_a_change(edge):
    edge.serve(Split.only("A"), route_timeout_s=0.2)
    hello = (
        b"GET /socket HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", edge.port), timeout=10) as connection:
        connection.sendall(hello)
        stream = connection.makefile("rb")
        assert b"101" in stream.readline()
        while stream.readline() != b"\r\n":
            pass
        connection.sendall(b"one\n")
        assert stream.readline() == b"echo one\n"
        edge.serve(Split("B", "A", 1.0))
        connection.sendall(b"two\n")
        assert stream.readline() == b"echo two\n"
        stream.close()
    assert edge.logged("requests", "/socket")[0]["kind"] == "socket"


def test_sites_share_a_port_by_their_domains(edge):
    shop = edge.site(Split.only("A"), domains=("shop.example",))
    other = replace(shop, id="other/production", split=Split.only("B"), domains=("other.example",))
    edge.router.apply(EdgeState((shop, other)))
    assert edge.get(headers={"host": "shop.example"}).text == "A"
    assert edge.get(headers={"host": f"other.example:{edge.port}"}).text == "B"
    assert edge.get(headers={"host": "unknown.example"}).status == 404


def test_a_site_without_a_release_says_so(edge):
    edge.router.apply(EdgeState((Site(SITE, edge.port),)))
    answer = edge.get()
    assert (answer.status, answer.headers["retry-after"]) == (503, "30")


def test_static_pages_are_served_with_nothing_behind_them(edge, tmp_path):
    page = tmp_path / "status.html"
    port = free_port()
    status = StaticSite("status", port, (StaticPage("/", str(page)),))
    state = EdgeState((edge.site(Split.only("A")),), (status,))
    edge.router.apply(state)
    assert ask(port).status == 503
    page.write_text("<h1>all well</h1>" + "x" * 40_000)
    edge.router.apply(state)
    first = ask(port)
    assert (first.status, first.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert len(first.body) > 40_000
    page.write_text("<h1>trouble</h1>")
    edge.router.apply(state)
    assert ask(port).text == "<h1>trouble</h1>"
    page.unlink()
    edge.kill()
    edge.start()
    assert ask(port).text == "<h1>trouble</h1>"
    assert edge.router.set_split(SITE, Split.only("A")).version


def test_both_logs_carry_what_the_judge_reads(edge):
    cookie = edge.get("/hello").cookie.removeprefix("golive_v=")
    edge.get("/orders/77?secret=1", headers={"cookie": f"golive_v={cookie}", "user-agent": "me"})
    for name in ("requests", "attempts"):
        (line,) = edge.logged(name, "/orders/77")
        assert line["visitor"] == cookie
        assert float(line["ts"]) > 1e9
        assert (line["method"], line["code"], line["flags"], line["ip"]) == (
            "GET",
            200,
            "-",
            "127.0.0.1",
        )
        assert (line["release"], line["site"], line["route"]) == ("A", SITE, "/orders/{id}")
        assert line["replica"] in {upstream.replica.id for upstream in edge.of("A")}
        assert (line["ua"], line["kind"]) == ("me", "safe")
        assert isinstance(line["ms"], int)
        assert isinstance(line["bytes"], int)
        assert "secret" not in json.dumps(line)
    assert edge.logged("requests", "/orders/77")[0]["attempts"] == 1


def test_logs_rotate_without_losing_a_line(edge):
    for number in range(20):
        edge.get(f"/rotated/{number}")
    edge.logged("requests", "/rotated/19")
    edge.logged("attempts", "/rotated/19")
    assert set(edge.router.rotate_logs(100)) >= {"requests.json", "attempts.json"}
    edge.get("/rotated/after")
    edge.logged("requests", "/rotated/after")
    for name in ("requests", "attempts"):
        edge.logged(name, "/rotated/after")
        older = (edge.directory / f"{name}.json.1").read_text()
        assert all(f'"/rotated/{number}"' in older for number in range(20))
    assert edge.router.rotate_logs(10**9) == ()


def test_an_edge_that_did_not_hear_of_a_rotation_is_told_again(edge):
    edge.get("/before")
    edge.logged("requests", "/before")
    for name in ("requests.json", "attempts.json"):  # the names are taken away, and the word to the edge got lost
        (edge.directory / name).replace(edge.directory / f"{name}.1")
    edge.router.rotate_logs(10**9)
    edge.get("/after")
    for name in ("requests", "attempts"):
        edge.logged(name, "/after")
        assert (edge.directory / f"{name}.json").exists()


def test_only_the_owner_reaches_the_admin_socket_and_the_files(edge):
    assert stat.S_IMODE(os.stat(edge.directory / "admin.sock").st_mode) == 0o600
    for path in (edge.directory / "xds").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(os.stat(edge.directory / "salt").st_mode) == 0o600
