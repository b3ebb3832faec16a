"""A replica that has lost its database, from what it answers about its readiness to the fault.  mission: SHIP-5"""

import pytest
from golive_app import Down, health
from golive_app.checks import Registry

from golive.kernel.ports import bound
from golive.ship.replicas import queries
from golive.ship.replicas.domain import FaultKind, ProcessSpec, checks_down
from golive.ship.replicas.ports import ProcessKeeper
from tests.support.fake_keeper import FakeKeeper

NOT_READY = "GET /api/ready answered 503 for 2 s"


def replica(keeper: FakeKeeper, number: int) -> str:
    name = f"rel_1-production-web-{number}"
    labels = {"release": "rel_1", "environment": "production", "port": str(20_000 + number), "ready": "/api/ready"}
    keeper.start(ProcessSpec(name, ("run",), "/", labels=labels))
    return name


def kinds(keeper: FakeKeeper) -> list[tuple[str, FaultKind]]:
    with bound(ProcessKeeper, keeper):
        return [(fault.replica, fault.kind) for fault in queries.faults("rel_1", "production")]


def test_a_replica_whose_database_is_gone_says_so_and_the_others_do_not() -> None:
    keeper = FakeKeeper()
    one, two, three = (replica(keeper, number) for number in (1, 2, 3))
    keeper.down[three] = frozenset({"database"})
    assert kinds(keeper) == [], "who is ready has its database"
    keeper.unready = {one: NOT_READY, two: NOT_READY}
    keeper.down = {one: frozenset({"database", "redis"}), two: frozenset({"redis"})}
    assert kinds(keeper) == [(one, FaultKind.DATABASE_CONNECTION), (two, FaultKind.READINESS_LOST)]


@pytest.mark.parametrize(
    ("body", "down"),
    [
        (b'{"checks": {"database": {"status": "down", "seconds": 0.1}, "redis": {"status": "unknown"}}}', {"database"}),
        (b'{"checks": {"database": {"status": "ok"}}}', set()),
        (b'{"checks": ["database"]}', set()),
        (b'{"checks": {"database": "down"}}', set()),
        (b'{"database": "down"}', set()),
        (b'["checks"]', set()),
        (b"not ready", set()),
        (b"\xff\xfe", set()),
        (b"[" * 60_000, set()),
        (b"", set()),
    ],
)
def test_only_the_shape_of_golive_app_is_understood(body: bytes, down: set[str]) -> None:
    assert checks_down(body) == down


def test_what_golive_app_answers_is_that_shape() -> None:
    def lost() -> None:
        raise Down("connection refused")

    checks = Registry()
    checks.add("database", lost)
    checks.add("redis", lambda: None)
    for answer in (health.ready(checks), health.health(checks)):
        assert (answer.status, checks_down(answer.body)) == (503, {"database"})
