"""The same over HTTP: what the command line and the pages use."""

from typing import Any

import pytest
from django.test import Client

from golive.kernel.access import operations as access
from golive.kernel.access.roles import GOLIVE, Role
from golive.ship.releases.models import Record
from tests.support.ship_world import canary, world

pytestmark = pytest.mark.django_db(transaction=True)


class Api:
    """A person with a token."""

    def __init__(self, role: Role) -> None:
        person = access.create_person(by=GOLIVE, email=f"{role.word}@example.org", name=role.word, role=role)
        _, secret = access.create_token(by=GOLIVE, person=person, name="test")
        self.client = Client(headers={"authorization": f"Bearer {secret}"})

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(f"/api/v1{path}")
        assert answer.status_code == status, answer.content
        return answer.json()

    def post(self, path: str, body: dict[str, Any] | None = None, status: int = 200) -> Any:
        answer = self.client.post(f"/api/v1{path}", body or {}, content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()


def test_a_release_is_watched_and_steered_over_the_api() -> None:
    with world() as w:
        operator = Api(Role.OPERATOR)
        one, two = canary(w)
        for _ in range(5):
            w.second()
        found = operator.get(f"/releases/{two}")
        assert (found["state"], found["version"], found["replaced_version"]) == (
            "STEP",
            "1.1",
            "1.0",
        )
        states = [station["state"] for station in found["rail"] if station["at"]]
        assert states[0] == "QUEUED"
        assert states[-1] == "STEP"
        assert next(station["state"] for station in found["rail"] if not station["at"]) == "FULL"
        judged = operator.get(f"/releases/{two}/judge")
        assert judged["explanation"]["state"] == "WATCH"
        assert judged["explanation"]["series"]["new_total"]
        site = operator.get("/sites")[0]
        assert site["serving"] == "1.0"
        assert site["sentence"].startswith("1.1 10 %")
        assert [row["id"] for row in operator.get("/releases?open=true")] == [two]
        assert operator.post(f"/releases/{two}/pull")["id"] == two
        w.drain()
        assert operator.get(f"/releases/{two}")["state"] == "PULLED"
        plan = operator.get("/services/shop/rollback")
        assert plan["target"] == one
        assert operator.post("/services/shop/rollback")["sentence"].startswith("1.0 takes over")
        w.drain()
        assert operator.get(f"/releases/{two}")["state"] == "ROLLED_BACK"
        assert operator.get(f"/releases/{two}/record")["holds"]
        again = operator.get(f"/releases/{two}/replay")
        assert (again["same"], "nothing to compare" in again["sentence"]) == (None, True), "only people decided"
        Record.objects.filter(release_id=two, seq=3).update(facts={"forged": True})
        assert operator.get(f"/releases/{two}/record")["broken_at"] == 3


def test_what_is_not_allowed_says_why() -> None:
    with world() as w:
        viewer, operator = Api(Role.VIEWER), Api(Role.OPERATOR)
        one = w.ship("1.0")
        viewer.get(f"/releases/{one}")
        assert viewer.post(f"/releases/{one}/pull", status=403)["hint"]
        assert operator.post(f"/releases/{one}/hold", status=409)["hint"].startswith("Possible now")
        assert operator.post(f"/releases/{one}/approve", status=403)
        operator.get("/releases/rel_nothing", status=404)
        operator.get("/releases/rel_nothing/record", status=404)
        operator.post(f"/releases/{one}/explode", status=422)
        operator.post("/releases", {"service": "nothing", "revision": "x"}, status=404)
        operator.get("/services/nothing/rollback", status=404)
        assert operator.get("/services/shop/rollback", status=409)["type"].endswith("no-rollback-target")
        assert viewer.get("/approvals") == []
        for path in ("/releases", "/sites", "/approvals", f"/releases/{one}/judge"):
            assert Client().get(f"/api/v1{path}").status_code == 401
