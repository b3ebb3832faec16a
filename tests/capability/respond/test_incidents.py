"""Incidents follow their releases."""

import pytest

from golive.kernel import audit
from golive.kernel.access.roles import Role
from golive.kernel.problems import Conflict, Invalid
from golive.respond.incidents import operations, queries
from golive.ship.evidence.models import Evidence
from golive.ship.releases.events import (
    ReleaseAsked,
    ReleaseConfirming,
    ReleaseFailed,
    ReleaseHeld,
    ReleasePulled,
    ReleaseResumed,
    ReleaseRolledBack,
)
from tests.capability.respond.conftest import Join
from tests.support.responding import say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


def the_one() -> queries.IncidentView:
    (found,) = queries.latest()
    return found


def kinds(incident: queries.IncidentView) -> list[str]:
    return [line.kind for line in queries.timeline(incident.id) if not line.kind.startswith("paging")]


def test_a_pull_opens_and_the_roll_back_mitigates_by_itself() -> None:
    say(ReleasePulled, requests=["req_1"], replaced="rel_0")
    opened = the_one()
    assert (opened.state, opened.severity, opened.blames_release) == ("TRIGGERED", "SEV2", True)
    assert (opened.site, opened.evidence) == ("shop/production", "/releases/rel_1/evidence")
    assert opened.facts["requests"] == ["req_1"]
    say(ReleaseConfirming)
    say(ReleaseRolledBack, automatic=True)
    after = the_one()
    assert (after.state, after.title) == ("MITIGATED", "shop 1.2.0 was rolled back in production")
    assert kinds(after) == ["opened", "release.confirming", "diagnosed", "mitigated"]


def test_when_users_are_safe_the_page_still_says_what_was_broken(join: Join, browser_of: object) -> None:
    say(ReleasePulled, requests=["req_1"], replaced="rel_0")
    say(ReleaseRolledBack, automatic=True)
    error = {"kind": "TypeError", "message": "Decimal", "count": 7, "first_seen": "2026-11-19T14:00:00+00:00"}
    now = the_one().opened_at
    Evidence.objects.create(pk="rel_1", pulled_at=now, gathered_at=now, body={"new_errors": [error]})
    page = browser_of(join("Vera", Role.VIEWER)).get(f"/incidents/{the_one().id}").content.decode()  # type: ignore[operator]
    assert "Nothing any more</b><span>Was: new error TypeError: Decimal (7 times)." in page


def test_a_hold_blames_no_release_and_mitigates_when_it_resumes() -> None:
    say(ReleasePulled)
    say(ReleaseHeld)
    held = the_one()
    assert (held.state, held.blames_release) == ("TRIGGERED", False)
    assert "no release is to blame" in held.title
    say(ReleaseResumed)
    assert the_one().state == "MITIGATED"


def test_a_second_pull_of_the_same_release_joins_the_open_incident() -> None:
    say(ReleasePulled)
    say(ReleasePulled)
    assert (the_one().occurrences, the_one().state) == (2, "TRIGGERED")


def test_a_mitigated_incident_whose_release_is_pulled_again_is_triggered_again() -> None:
    say(ReleasePulled)
    operations.acknowledge(by=operations.GOLIVE, incident=the_one().id)
    say(ReleaseHeld)
    say(ReleaseResumed)
    say(ReleasePulled)
    again = the_one()
    assert (again.state, again.acknowledged_at, again.blames_release) == ("TRIGGERED", None, True)


def test_a_question_after_users_are_safe_is_only_as_grave_as_it_is() -> None:
    say(ReleasePulled)
    say(ReleaseHeld)
    say(ReleaseResumed)
    assert (the_one().state, the_one().severity) == ("MITIGATED", "SEV2")
    say(ReleaseAsked)
    assert (the_one().state, the_one().severity) == ("TRIGGERED", "SEV3")


def test_after_it_is_resolved_the_next_pull_opens_another() -> None:
    say(ReleasePulled)
    operations.resolve(by=operations.GOLIVE, incident=the_one().id)
    say(ReleasePulled)
    assert [(one.number, one.state) for one in queries.latest()] == [
        (2, "TRIGGERED"),
        (1, "RESOLVED"),
    ]


def test_what_is_no_incident() -> None:
    say(ReleaseRolledBack, automatic=False, by="ana")
    say(ReleaseFailed, failed_in="GATED")
    say(ReleaseResumed)
    say(ReleaseConfirming)
    assert queries.latest() == []


def test_a_question_alone_is_an_incident_and_on_an_open_one_a_line() -> None:
    say(ReleaseAsked, "rel_1")
    assert the_one().severity == "SEV3"
    say(ReleaseAsked, "rel_1")
    assert the_one().occurrences == 1
    assert kinds(the_one()) == ["opened", "release.asked"]


def test_what_gets_worse_is_nobodys_again_and_says_what_it_is_now(join: Join) -> None:
    say(ReleaseAsked)
    operations.acknowledge(by=join("Ana"), incident=the_one().id)
    say(ReleaseAsked, serving=True, faults=["crash_loop"])
    worse = the_one()
    assert (worse.severity, worse.state, worse.acknowledged_by) == ("SEV1", "TRIGGERED", "")
    assert "is down in production" in worse.title


def test_people_move_an_incident_on_and_their_acts_are_audited(join: Join) -> None:
    ana = join("Ana")
    say(ReleasePulled)
    incident = the_one().id
    operations.acknowledge(by=ana, incident="1", via="API")
    operations.acknowledge(by=join("Ben"), incident=incident)
    assert the_one().acknowledged_by == "Ana"
    operations.set_severity(by=ana, incident=incident, severity="SEV1")
    with pytest.raises(Invalid):
        operations.set_severity(by=ana, incident=incident, severity="SEV9")
    operations.note(by=ana, incident=incident, text="It was the card gateway.")
    operations.resolve(by=ana, incident=incident, sentence="The gateway is back.")
    with pytest.raises(Conflict):
        operations.acknowledge(by=ana, incident=incident)
    assert (the_one().state, the_one().severity) == ("RESOLVED", "SEV1")
    assert audit.verify().entries >= 3


def test_the_api_shows_to_viewers_and_lets_operators_act(join: Join, browser_of: object) -> None:
    viewer, operator = (browser_of(join(name, role)) for name, role in [("Vi", Role.VIEWER), ("Op", Role.OPERATOR)])  # type: ignore[operator]
    say(ReleasePulled)
    assert viewer.get("/api/v1/incidents?open=true").json()[0]["number"] == 1
    assert viewer.post("/api/v1/incidents/1/ack").status_code == 403
    answer = operator.post("/api/v1/incidents/1/ack")
    assert (answer.status_code, answer.json()["state"]) == (200, "ACKNOWLEDGED")
    assert [line["kind"] for line in answer.json()["timeline"]][-1] == "acknowledged"
    assert operator.get("/api/v1/incidents/99").status_code == 404
    assert operator.post("/api/v1/incidents/1/notes", {"text": " "}, content_type="application/json").status_code == 422
    for page in ("/incidents", "/incidents/1", "/oncall"):
        assert viewer.get(page).status_code == 200
    assert operator.post("/incidents/1/resolve", {"text": "done"}).status_code == 302
    assert operator.post("/incidents/1/explode").status_code == 404


@pytest.mark.parametrize("odd", ["²", "9" * 40, "9" * 5000, "-1", "x"])
def test_an_odd_number_in_an_address_is_no_fault(odd: str, join: Join, browser_of: object) -> None:
    say(ReleasePulled)
    browser = browser_of(join("Op"))  # type: ignore[operator]
    assert browser.get("/incidents", {"before": odd}).status_code == 200
    assert browser.get("/audit", {"before": odd}).status_code == 200
    assert browser.get(f"/incidents/{odd}").status_code == 404
    assert browser.post(f"/api/v1/incidents/{odd}/ack").status_code == 404
