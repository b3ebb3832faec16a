"""Pages reach the right people by the right channels until somebody has the incident."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from golive.kernel import log
from golive.kernel.access import operations as access
from golive.kernel.access import queries as people
from golive.kernel.access.roles import GOLIVE, Actor, Role
from golive.kernel.config import settings
from golive.kernel.durable import queries as jobs
from golive.kernel.durable.models import JobRow
from golive.respond.channels import operations as channels
from golive.respond.channels.ports import ChannelFailed
from golive.respond.incidents import operations as incidents
from golive.respond.incidents import queries as incident_queries
from golive.respond.oncall import operations as oncall
from golive.respond.oncall import queries as oncall_queries
from golive.respond.paging import queries, workflows
from golive.respond.paging.models import Attempt
from golive.ship.releases.events import (
    ReleaseAsked,
    ReleaseHeld,
    ReleasePulled,
    ReleaseResumed,
    ReleaseRolledBack,
)
from tests.capability.respond.conftest import Join, Provider
from tests.support.responding import Engine, on_call, say

pytestmark = pytest.mark.django_db
ANA, BEN, EVA = "ana@example.org", "ben@example.org", "eva@example.org"


@pytest.fixture
def engine(join: Join, provider: Provider) -> Engine:
    """Ana has two phones and PagerDuty's likes; Ben is level 2."""
    for name in ("Ana", "Ben"):
        join(name)
    on_call({ANA: ["ana1", "ana2", "ana3"], BEN: ["ben1"]}, level2=(BEN,))
    return Engine()


def incident() -> incident_queries.IncidentView:
    return incident_queries.latest()[0]


def lines(provider: Provider) -> list[str]:
    return [line for line, _message in provider.sent]


def test_incident_pages_and_first_attempts_are_there_before_anything_is_sent(
    engine: Engine, provider: Provider
) -> None:
    say(ReleasePulled)
    assert [one.state for one in queries.attempts_of(incident().id)] == ["QUEUED", "QUEUED"]
    assert provider.sent == []
    engine.run()
    assert lines(provider) == ["ana1", "ana2"]
    message = provider.sent[0][1]
    assert message.subject == "[SEV2] #1 shop 1.2.0 was pulled from production"
    assert message.to == ANA
    attempts = queries.attempts_of(incident().id)
    assert [(one.state, one.provider_id) for one in attempts] == [
        ("ACCEPTED", "ana1-1"),
        ("ACCEPTED", "ana2-2"),
    ]
    assert [(one.delivered_at, one.acked_at) for one in attempts] == [(None, None)] * 2


def test_a_failing_channel_makes_the_next_one_go_at_once_and_is_tried_again(engine: Engine, provider: Provider) -> None:
    provider.failing["ana1"] = ChannelFailed("busy")
    say(ReleasePulled)
    engine.run()
    assert lines(provider) == ["ana2", "ana3"]
    provider.failing.clear()
    engine.run(after=3)
    assert lines(provider) == ["ana2", "ana3", "ana1"]


def test_a_channel_that_breaks_in_a_way_nobody_foresaw_makes_the_next_one_go(
    engine: Engine, provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure(json=True)
    provider.failing["ana1"] = ValueError("cannot send to https://hooks.example/s3cret")
    say(ReleasePulled)
    engine.run()
    assert lines(provider) == ["ana2", "ana3"]
    said = capsys.readouterr().err
    assert "channel_broke" in said
    assert "s3cret" not in said + str(incident_queries.timeline(incident().id))
    provider.failing.clear()
    engine.run(after=3)
    assert lines(provider) == ["ana2", "ana3", "ana1"]


def test_a_provider_that_hangs_makes_the_next_one_go(
    engine: Engine, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "SEND_LIMIT_S", 0.3)
    provider.hanging["ana1"] = threading.Event()
    say(ReleasePulled)
    engine.run()
    assert lines(provider) == ["ana2", "ana3"]
    provider.hanging.pop("ana1").set()


@pytest.mark.parametrize(("wish", "pause"), [(40, 40), (0, 2), (7200, 900)])
def test_a_provider_that_asks_for_a_pause_gets_it_within_reason(
    engine: Engine, provider: Provider, wish: int, pause: int
) -> None:
    provider.failing["ana1"] = ChannelFailed("busy", retry_after=timedelta(seconds=wish))
    say(ReleasePulled)
    engine.run()
    failed = next(one for one in queries.attempts_of(incident().id) if one.channel_name == "ana1")
    due = jobs.latest("respond.page.attempt", key=failed.id)
    assert due
    assert due.due_at
    assert (due.due_at - engine.clock.now()).total_seconds() == pytest.approx(pause, abs=1)


def test_a_message_that_can_never_go_is_given_up_in_words(engine: Engine, provider: Provider) -> None:
    provider.failing["ana1"] = ChannelFailed("wrong number", final=True)
    say(ReleasePulled)
    for _ in range(5):
        engine.run(after=10)
    (failed,) = (one for one in queries.attempts_of(incident().id) if one.channel_name == "ana1")
    assert (failed.state, failed.tries, failed.error) == ("FAILED", 1, "wrong number")
    assert any("wrong number" in line.text for line in incident_queries.timeline(incident().id))


def test_without_acknowledgement_level_two_is_asked_and_both_again(engine: Engine, provider: Provider) -> None:
    say(ReleasePulled)
    engine.run()
    engine.run(after=290)
    assert provider.on("ben1") == []
    engine.run(after=15)
    assert len(provider.on("ben1")) == 1
    assert len(provider.on("ana1")) == 2
    engine.run(after=601)
    assert len(provider.on("ben1")) == 2


def test_an_acknowledgement_stops_everything_and_tells_the_others(engine: Engine, provider: Provider) -> None:
    say(ReleasePulled)
    engine.run()
    engine.run(after=301)
    provider.sent.clear()
    ben = people.person(BEN).actor
    incidents.acknowledge(by=ben, incident=incident().id)
    engine.run()
    assert {(line, message.act) for line, message in provider.sent} == {
        ("ana1", "acknowledge"),
        ("ana2", "acknowledge"),
    }
    provider.sent.clear()
    for _ in range(5):
        engine.run(after=900)
    assert provider.sent == []


def test_a_roll_back_lets_level_two_sleep_and_says_that_users_are_safe(engine: Engine, provider: Provider) -> None:
    say(ReleasePulled)
    say(ReleaseRolledBack, automatic=True)
    engine.run()
    assert [message.act for message in provider.on("ana1")] == ["trigger"]
    assert "Users are safe already" in provider.on("ana1")[0].text
    engine.run(after=1000)
    assert provider.on("ben1") == []


def test_who_was_paged_hears_of_the_mitigation(engine: Engine, provider: Provider) -> None:
    say(ReleasePulled)
    engine.run()
    say(ReleaseRolledBack, automatic=True)
    engine.run()
    assert [message.act for message in provider.on("ana1")] == ["trigger", "notice"]


def test_one_trouble_pages_once_however_often_its_news_comes(engine: Engine, provider: Provider) -> None:
    say(ReleasePulled)
    say(ReleasePulled)
    say(ReleaseHeld)
    engine.run()
    assert lines(provider) == ["ana1", "ana2"]
    say(ReleaseResumed)
    say(ReleasePulled)
    engine.run()
    assert len([message for message in provider.on("ana1") if message.act == "trigger"]) == 2
    assert provider.on("ben1") == []
    engine.run(after=301)
    assert len(provider.on("ben1")) == 1


def test_who_has_a_question_is_paged_when_it_becomes_an_outage(engine: Engine, provider: Provider) -> None:
    say(ReleaseAsked)
    engine.run()
    incidents.acknowledge(by=people.person(ANA).actor, incident="1")
    engine.run()
    provider.sent.clear()
    say(ReleaseAsked, serving=True, faults=["crash_loop"])
    engine.run()
    assert [message.subject for message in provider.on("ana1")] == [
        "[SEV1] #1 shop 1.2.0 is down in production, with nothing to go back to"
    ]
    engine.run(after=301)
    assert len(provider.on("ben1")) == 1


def test_what_a_person_calls_minor_pages_nobody_any_more(engine: Engine, provider: Provider) -> None:
    say(ReleasePulled)
    engine.run()
    incidents.set_severity(by=people.person(BEN).actor, incident="1", severity="SEV4")
    provider.sent.clear()
    for _ in range(3):
        engine.run(after=900)
    assert provider.sent == []


def test_an_alert_that_may_have_been_opened_is_closed(join: Join, provider: Provider) -> None:
    """A sender that was killed between sending and marking leaves a message of which nobody knows whether it went."""
    ana = join("Ana")
    on_call({ANA: ["mirror"]})
    say(ReleasePulled)
    incidents.resolve(by=ana, incident="1")
    Engine().run()
    assert [message.act for message in provider.on("mirror")] == ["resolve"]


def test_a_channel_with_a_state_of_its_own_hears_acknowledge_and_resolve(join: Join, provider: Provider) -> None:
    ana = join("Ana")
    on_call({ANA: ["mirror"]})
    engine = Engine()
    say(ReleasePulled)
    engine.run()
    incidents.acknowledge(by=ana, incident="1")
    say(ReleaseRolledBack, automatic=True)
    incidents.resolve(by=ana, incident="1")
    engine.run()
    assert [message.act for message in provider.on("mirror")] == [
        "trigger",
        "acknowledge",
        "resolve",
    ]
    assert {message.dedup_key for message in provider.on("mirror")} == {incident().id}


def test_nobody_on_call_is_said_and_the_list_is_looked_at_again(join: Join, provider: Provider) -> None:
    join("Ana")
    engine = Engine()
    say(ReleasePulled)
    assert any("Nobody was paged" in line.text for line in incident_queries.timeline(incident().id))
    on_call({ANA: ["ana1"]})
    engine.run()
    assert lines(provider) == ["ana1"]


def test_the_link_shows_a_button_on_get_and_acknowledges_on_post(engine: Engine, provider: Provider) -> None:
    say(ReleasePulled)
    engine.run()
    link = provider.sent[0][1].ack_link.removeprefix(settings().url)
    browser = Client(enforce_csrf_checks=True)
    said = browser.get(link).content.decode()
    assert "<button" in said
    assert "shop production, opened <time" in said
    assert incident().state == "TRIGGERED"
    assert browser.post(link).status_code == 200
    assert (incident().state, incident().acknowledged_by) == ("ACKNOWLEDGED", "Ana")
    used = [one for one in queries.attempts_of(incident().id) if one.acked_at]
    assert [(one.channel_name, one.delivered_at is not None) for one in used] == [("ana1", True)]
    assert browser.post(link).status_code == 200
    assert browser.get(link[:-2] + "xx").status_code == 410
    assert Client().get("/ack/garbage").status_code == 410


def test_the_link_offers_nothing_that_it_would_not_do(engine: Engine, provider: Provider) -> None:
    oncall.set_list(by=GOLIVE, level1=[ANA, BEN])
    say(ReleasePulled)
    engine.run()
    link = provider.on("ben1")[0].ack_link.removeprefix(settings().url)
    incidents.acknowledge(by=people.person(ANA).actor, incident="1")
    page = Client().get(link).content.decode()
    assert "Ana has it already" in page
    assert "<button" not in page


@pytest.mark.parametrize("way", ["api", "page"])
def test_whoever_acknowledges_without_the_link_has_seen_what_they_were_sent(
    engine: Engine, browser_of: Callable[[Actor], Client], way: str
) -> None:
    oncall.set_list(by=GOLIVE, level1=[ANA, BEN])
    say(ReleasePulled)
    engine.run()
    browser, one = browser_of(people.person(ANA).actor), incident().id
    path = f"/api/v1/incidents/{one}/ack" if way == "api" else f"/incidents/{one}/ack"
    assert browser.post(path, content_type="application/json").status_code in {200, 302}
    seen = {(one.person, one.acked_at is not None) for one in queries.attempts_of(one) if one.act == "trigger"}
    assert seen == {("Ana", True), ("Ben", False)}


def test_the_link_of_someone_who_left_does_nothing(engine: Engine, provider: Provider) -> None:
    say(ReleasePulled)
    engine.run()
    access.change_person(by=GOLIVE, email=ANA, active=False)
    link = provider.sent[0][1].ack_link.removeprefix(settings().url)
    assert Client().post(link).status_code == 410
    assert incident().state == "TRIGGERED"


def test_the_audit_begins_again_what_was_lost(engine: Engine, provider: Provider) -> None:
    say(ReleasePulled)
    JobRow.objects.all().delete()
    Attempt.objects.update(created_at=engine.clock.now() - timedelta(minutes=5))
    workflows.audit()
    assert jobs.open_count("respond.page.attempt") == 4
    assert jobs.open_count("respond.page.escalation") == 1
    engine.run()
    assert set(lines(provider)) == {"ana1", "ana2"}
    workflows.audit()
    assert jobs.open_count("respond.page.escalation") == 1


def test_a_switched_off_channel_and_a_person_who_left_are_passed_over(engine: Engine, provider: Provider) -> None:
    channels.change(by=GOLIVE, channel="ana1", is_on=False)
    say(ReleasePulled)
    engine.run()
    assert lines(provider) == ["ana2", "ana3"]
    access.change_person(by=GOLIVE, email=ANA, active=False)
    assert [one.email for one in oncall_queries.current().level1] == []


@pytest.mark.usefixtures("engine")
def test_the_break_glass_file_is_private_and_names_the_means(monkeypatch: pytest.MonkeyPatch) -> None:
    channels.change(by=GOLIVE, channel="ana1", settings={"line": "ana1", "key": "hunter2"})
    workflows.refresh_break_glass()
    path = settings().home / "break-glass.json"
    assert path.stat().st_mode & 0o777 == 0o600
    content = json.loads(path.read_text())
    assert content["contacts"][0] == {
        "kind": "phone",
        "person": "Ana",
        "to": ANA,
        "settings": {"line": "ana1", "key": "hunter2"},
        "allow_private": False,
    }
    allowing = settings().model_copy(update={"allow_private_webhooks": True})
    monkeypatch.setattr(workflows, "settings", lambda: allowing)
    workflows.refresh_break_glass()
    assert json.loads(path.read_text())["contacts"][0]["allow_private"] is True


def test_the_list_is_set_over_api_and_page_by_operators_only(
    join: Join, provider: Provider, browser_of: Callable[[Actor], Client]
) -> None:
    viewer, operator = (browser_of(join(name, role)) for name, role in [("Vi", Role.VIEWER), ("Ana", Role.OPERATOR)])
    join("Ben")
    channels.add(by=GOLIVE, name="night", kind="phone", settings={"line": "n"})
    body = {"level1": [ANA], "level2": [BEN], "escalate_after_s": 60}
    assert viewer.put("/api/v1/oncall", body, content_type="application/json").status_code == 403
    answer = operator.put("/api/v1/oncall", body, content_type="application/json").json()
    assert ([one["email"] for one in answer["level1"]], answer["escalate_after_s"]) == ([ANA], 60)
    for wrong, status in [
        ({"level1": [EVA]}, 404),
        ({"level1": [ANA, ANA]}, 422),
        ({"level1": [], "escalate_after_s": 1}, 422),
    ]:
        assert operator.put("/api/v1/oncall", wrong, content_type="application/json").status_code == status
    contacts = [{"channel": "night", "address": "+49 1"}]
    assert operator.put(f"/api/v1/oncall/contacts/{ANA}", contacts, content_type="application/json").status_code == 200
    no_address = [{"channel": "night"}]
    assert (
        operator.put(f"/api/v1/oncall/contacts/{ANA}", no_address, content_type="application/json").status_code == 422
    )
    assert operator.post("/oncall/list", {f"level-{BEN}": "1", "escalate": "2", "resend": ""}).status_code == 302
    assert [one.email for one in oncall_queries.current().level1] == [BEN]
    assert oncall_queries.current().escalate_after == timedelta(minutes=2)
    assert operator.post("/oncall/list", {"escalate": "soon"}).status_code == 422
    assert oncall.SHORTEST < oncall.LONGEST
