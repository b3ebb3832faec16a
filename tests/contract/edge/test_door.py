"""The public door of the control room: a few pages, by TLS, under one name."""

import json

import pytest

from golive.ship.traffic.domain import Door, EdgeState, Split, Tls
from tests.contract.edge import test_tls as tls
from tests.support.certificates import write_pair
from tools.lab import free_port

NAME = "golive.example"
SECRET = "one-time-secret"


@pytest.fixture
def door(edge, tmp_path):
    """The edge with a door; an application that answers every path stands for the control room."""
    pair = tmp_path / "chain.pem", tmp_path / "key.pem"
    write_pair(*pair, NAME)
    control = edge.of("A")[0].port
    door = Door(NAME, free_port(), Tls(*map(str, pair)), "127.0.0.1", control)
    edge.router.apply(EdgeState((edge.site(Split.only("A")),), door=door))
    return door


def get(door, path, headers):
    return tls.get(door, path, headers, NAME)


def seen(edge, path):
    return edge.of("A")[0].seen(path)


@pytest.mark.parametrize(
    "path",
    [
        "/login",
        f"/login/{SECRET}",
        "/ack/eyJhIjoxfQ:1abcDE:x-Y_z=",
        "/releases",
        "/releases/rel_01abc",
        "/releases/rel_01abc/rollback",
        "/incidents/inc_01abc",
        "/incidents/inc_01abc/ack",
        "/api/v1/events/stream",
        "/static/ui/base.css",
    ],
)
def test_what_is_needed_at_three_in_the_morning_is_there(edge, door, path):
    before = seen(edge, path)
    _, headers = get(door, path, {"host": NAME})
    assert seen(edge, path) == before + 1
    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "path",
    [
        "/people",
        "/audit",
        "/api/v1/releases",
        "/api/v1/events/stream/x",
        "/incidents/inc_01abc/../../people",
        "/api/health",
        "/releases/../people",
        "/releases/%2e%2e/people",
        "/releases/..%2fpeople",
        "/login/a/b",
        "//people",
        "/static/../api/health",
        "/explore",
    ],
)
def test_everything_else_is_not(door, path):
    body, _ = get(door, path, {"host": NAME})
    assert body == b"There is nothing here.\n"


def test_only_its_own_name_is_answered(door):
    body, headers = get(door, "/login", {"host": "evil.example"})
    assert b"A" not in body
    assert "strict-transport-security" not in headers


def test_the_control_room_learns_who_came_and_how(edge, door):
    forged = {"host": NAME, "x-forwarded-for": "8.8.8.8", "x-forwarded-proto": "http"}
    # The application tells its headers at a path that the door shows.
    body, _ = get(door, "/releases/headers", {**forged, "x-forwarded-host": "evil.example"})
    told = {key.lower(): value for key, value in json.loads(body).items()}
    assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("127.0.0.1", "https")
    assert told["host"] == NAME
    assert "x-forwarded-host" not in told


def test_secrets_in_paths_are_in_no_log(edge, door):
    get(door, f"/login/{SECRET}", {"host": NAME})
    edge.get("/after")
    edge.logged("requests", "/after")
    for path in edge.directory.glob("*.*"):
        if path.is_file():
            assert SECRET not in path.read_text()


def test_sites_beside_it_keep_their_own_certificates_and_counters(edge, door):
    with tls.connect(door, NAME) as connection:
        assert connection.version() == "TLSv1.3"
    assert tls.serial(door, NAME)
    assert set(edge.router.counters()) == {"market/production"}
