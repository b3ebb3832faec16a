"""Which release a visitor meets, and that nobody but the edge decides it."""

import json
import uuid

from golive.ship.traffic.domain import EdgeState, Split

UUID_LENGTH = 36


def visit(edge, jar, visitor):
    answer = edge.get(headers={"cookie": f"theirs=1; {jar[visitor]}"} if visitor in jar else {})
    if answer.cookie:
        jar[visitor] = answer.cookie
    return answer.text


def arms(edge, jar, visitors):
    return {visitor: visit(edge, jar, visitor) for visitor in range(visitors)}


def test_visitors_stay_and_the_ramp_only_grows(edge):
    jar = {}
    edge.serve(Split("B", "A", 0.1))
    on_new = []
    for share in (0.1, 0.5, 0.9, 1.0):
        edge.router.confirm(edge.router.set_split("market/production", Split("B", "A", share)).version)
        first, second = arms(edge, jar, 150), arms(edge, jar, 150)
        assert first == second
        on_new.append({visitor for visitor, release in second.items() if release == "B"})
    assert on_new[0] < on_new[1] < on_new[2] < on_new[3]
    assert len(on_new[3]) == 150
    assert 45 < len(on_new[1]) < 105
    edge.router.confirm(edge.router.set_split("market/production", Split("B", "A", 0.0)).version)
    assert set(arms(edge, jar, 150).values()) == {"A"}


def test_the_first_visit_is_already_in_the_arm_of_the_cookie(edge):
    edge.serve(Split("B", "A", 0.5))
    for _ in range(40):
        first = edge.get()
        assert edge.get(headers={"cookie": first.cookie}).text == first.text


def test_a_known_visitor_gets_no_second_cookie(edge):
    cookie = edge.get().cookie
    assert "set-cookie" not in edge.get(headers={"cookie": cookie}).headers


def test_the_cookie_lasts_and_scripts_cannot_read_it(edge):
    cookie = edge.get().headers["set-cookie"]
    assert cookie.startswith("golive_v=")
    assert "Max-Age=31536000; HttpOnly; SameSite=Lax" in cookie


def test_other_releases_begin_with_other_visitors(edge):
    jar = {}
    edge.serve(Split("B", "A", 0.5))
    one = arms(edge, jar, 100)
    edge.serve(Split("A", "B", 0.5))
    other = arms(edge, jar, 100)
    on_new = {v for v, r in one.items() if r == "B"}, {v for v, r in other.items() if r == "A"}
    assert on_new[0] != on_new[1]
    assert on_new[0] & on_new[1]


def test_a_made_up_cookie_counts_as_no_cookie(edge):
    for forged in (
        "golive_v=B",
        "golive_v=",
        "golive_v=../../x",
        "golive_v=%00",
        "golive_v=" + "a" * 500,
    ):
        answer = edge.get("/forged", headers={"cookie": forged})
        assert len(answer.cookie) == len("golive_v=") + UUID_LENGTH


def test_the_arm_cannot_be_asked_for(edge):
    edge.serve(Split("B", "A", 0.5))
    same = str(uuid.uuid4())
    answers = {
        edge.get(headers={"x-request-id": same, "x-golive-visitor": same, "x-golive-release": "B"}).text
        for _ in range(60)
    }
    assert answers == {"A", "B"}


def test_private_headers_from_outside_never_reach_the_application(edge):
    forged = {
        "X-Golive-Visitor": "me",
        "x-golive-anything": "1",
        "x-request-id": "mine",
        "x-envoy-max-retries": "9",
        "x-envoy-upstream-rq-timeout-ms": "1",
        "x-forwarded-for": "8.8.8.8",
        "x-forwarded-host": "evil.example",
        "x_golive_visitor": "me",
    }
    seen = {k.lower(): v for k, v in json.loads(edge.get("/headers", headers=forged).body).items()}
    assert "x-golive-anything" not in seen
    assert "x_golive_visitor" not in seen
    assert "x-envoy-max-retries" not in seen
    assert "x-envoy-upstream-rq-timeout-ms" not in seen
    assert seen["x-request-id"] != "mine"
    assert seen["x-golive-visitor"] == seen["x-request-id"]
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert "x-forwarded-host" not in seen


def test_a_listed_proxy_is_believed_about_the_client_and_nobody_else(edge):
    edge.router.apply(EdgeState((edge.site(Split.only("A")),), trusted_proxies=("127.0.0.8/32",)))
    forwarded = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}
    by_proxy = edge.get("/headers", headers=forwarded, source="127.0.0.8")
    by_client = edge.get("/headers", headers=forwarded, source="127.0.0.9")
    addresses = [
        (lower["x-forwarded-for"], lower["x-forwarded-proto"])
        for answer in (by_proxy, by_client)
        for lower in [{k.lower(): v for k, v in json.loads(answer.body).items()}]
    ]
    assert addresses == [("203.0.113.7", "https"), ("127.0.0.9", "http")]
    assert [line["ip"] for line in edge.logged("requests", "/headers", 2)][-2:] == [
        "203.0.113.7",
        "127.0.0.9",
    ]
