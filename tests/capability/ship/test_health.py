"""What golive says of its own parts."""

import pytest
from django.test import Client

from golive.kernel.ports import bound
from golive.ship.traffic.ports import TrafficRouter
from tests.support.fake_router import FakeRouter

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("up", "said"), [(True, "ok"), (False, "down")])
def test_an_edge_counts_as_alive_while_it_answers(up: bool, said: str) -> None:
    with bound(TrafficRouter, FakeRouter(up=up)):
        assert Client().get("/api/health").json()["checks"]["edge"] == said


def test_a_port_that_another_program_has_is_no_health() -> None:
    with bound(TrafficRouter, FakeRouter(shut={8080})):
        answer = Client().get("/api/health")
        assert (answer.status_code, answer.json()["checks"]["ports"]) == (503, "down")
    with bound(TrafficRouter, FakeRouter()):
        assert Client().get("/api/health").json()["checks"]["ports"] == "ok"
