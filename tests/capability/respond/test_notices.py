"""People hear of releases, ahead and after.  mission: SHIP-11"""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from golive.adapters.channel_kinds import KINDS
from golive.kernel.access import operations as access
from golive.kernel.access.roles import GOLIVE, Actor, Role
from golive.kernel.config import settings
from golive.kernel.durable import Worker
from golive.kernel.durable import queries as jobs
from golive.kernel.events.announcing import redeliver
from golive.kernel.events.models import Event
from golive.kernel.ports import bound
from golive.kernel.problems import Problem
from golive.respond.channels import operations as channels
from golive.respond.channels.ports import Kinds
from golive.respond.notices.models import Notice
from golive.respond.notices.operations import NOTICE
from golive.respond.oncall import operations as oncall
from golive.ship.releases import operations
from golive.ship.releases.models import Release
from golive.ship.releases.queries import record
from tests.capability.respond.conftest import Join
from tests.support import wait_for
from tests.support.postgres import Postgres, postgres
from tests.support.receivers import MailReceiver, http_receiver, mail_receiver
from tests.support.ship_world import APPROVER, MANIFEST, World, world

__all__ = ["postgres"]
pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[3]
INES, MIRA, OLGA, ADA = "ines@example.net", "mira@example.org", "olga@example.org", APPROVER.email
TOLD = MANIFEST.replace("[processes.web]", f'[notify]\npeople = ["{INES}"]\n[processes.web]')
APPROVED = TOLD.replace("[environments.production]", "[environments.production]\napprovals = 1")


@pytest.fixture
def mail() -> Iterator[MailReceiver]:
    with mail_receiver() as receiver, bound(Kinds, KINDS):
        yield receiver


@pytest.fixture
def people(join: Join) -> None:
    """Mira writes, Olga sends, Ada approves; Ines has no account."""
    for name, role in (("Mira", Role.OPERATOR), ("Olga", Role.OPERATOR), ("Ada", Role.APPROVER)):
        join(name, role)


def by_mail(mail: MailReceiver) -> str:
    server = {"host": "127.0.0.1", "port": str(mail.port), "security": "none", "sender": "golive@example.org"}
    return channels.add(by=GOLIVE, name="mail", kind="smtp", settings=server)


def send(w: World) -> None:
    """Send what is due by the world's clock."""
    w.clock.advance(1)
    Worker("sender", clock=w.clock, kinds={NOTICE}).drain()


def told(mail: MailReceiver) -> Counter[tuple[str, str]]:
    """Return how often each person got each subject, which tells no more than what happened."""
    return Counter((str(one["To"]), str(one["Subject"]).removeprefix("[golive] shop ")) for one in mail.mails)


def plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def times(people: list[str], said: str) -> dict[tuple[str, str], int]:
    return {(person, said): 1 for person in people}


@pytest.mark.usefixtures("people")
def test_everyone_around_a_release_hears_of_it_once_ahead_and_after(mail: MailReceiver) -> None:
    by_mail(mail)
    with world(APPROVED) as w:
        one = w.queue("1.0")
        w.until(one, "AWAITING_APPROVAL")
        send(w)
        started = times([INES, MIRA], "1.0 was asked for")
        asked = times([ADA, INES, MIRA, OLGA], "1.0 waits for approval")
        assert told(mail) == started | asked
        operations.approve(by=APPROVER, release=one)
        w.until(one, "WATCH_10M")
        send(w)
        assert told(mail) == started | asked | times([INES, MIRA, OLGA], "1.0 serves everyone")
        assert {row.state for row in Notice.objects.all()} == {"ACCEPTED"}
        assert jobs.open_count(NOTICE) == 0


@pytest.mark.usefixtures("people")
def test_a_message_holds_the_head_of_the_record_at_its_event(mail: MailReceiver) -> None:
    by_mail(mail)
    with world(APPROVED) as w:
        one = w.queue("1.0")
        w.until(one, "AWAITING_APPROVAL")
        (entry,) = (entry for entry in record(one) if entry.kind == "AWAITING_APPROVAL")
        operations.reject(by=APPROVER, release=one, comment="Not today.")
        w.until(one, "REJECTED")
        send(w)
    (asked,) = (m for m in mail.mails if m["To"] == ADA and "approval" in m["Subject"])
    said = plain(asked)
    assert f"golive show {one} --head {entry.hash}" in said
    assert f'golive approve {one} -m "why"' in said
    assert f"{settings().url}/releases/{one}" in said
    assert any(m["Subject"].endswith("was rejected") and "Not today." in plain(m) for m in mail.mails)


@pytest.mark.usefixtures("people")
def test_failures_and_roll_backs_are_told_and_what_is_not_wanted_is_not(mail: MailReceiver) -> None:
    by_mail(mail)
    wanted = TOLD.replace("[notify]", '[notify]\non = ["failed", "rolled_back"]')
    with world(wanted) as w:
        w.ship("1.0")
        w.target.fails = {"boot staging": Problem("curl: 401 for token hunter2")}
        w.until(w.queue("1.1"), "FAILED_BEFORE_TRAFFIC")
        w.target.fails = {}
        two = w.queue("1.2")
        w.until(two, "STEP")
        operations.rollback(by=APPROVER, service="shop")
        w.until(two, "ROLLED_BACK", seconds=60)
        send(w)
    around = [INES, MIRA, OLGA]
    failed = times(around, "1.1 failed before anyone saw it")
    assert told(mail) == failed | times(around, "1.2 was rolled back")
    assert not any("hunter2" in plain(one) for one in mail.mails)


@pytest.mark.usefixtures("people")
def test_who_was_overtaken_by_a_newer_release_hears_of_it(mail: MailReceiver) -> None:
    by_mail(mail)
    with world(TOLD.replace("[notify]", '[notify]\non = ["failed"]')) as w:
        one = w.ship("1.0")
        w.ship("1.1")
        older = w.queue("1.0.1")
        Release.objects.filter(pk=older).update(created_at=w.release(one).created_at)
        w.until(older, "SUPERSEDED")
        assert w.state(one) == "SUPERSEDED"
        send(w)
    assert told(mail) == times([INES, MIRA, OLGA], "1.0.1 was overtaken by a newer one before anyone saw it")


@pytest.mark.usefixtures("people")
def test_a_person_is_reached_by_the_first_contact_that_is_no_alarm_and_a_room_hears_it_once(
    mail: MailReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowing = settings().model_copy(update={"allow_private_webhooks": True})
    monkeypatch.setattr("golive.adapters.outgoing.http.settings", lambda: allowing)
    with http_receiver() as hook, world(TOLD) as w:
        alarm = {"routing_key": "R", "url": hook.url}
        channels.add(by=GOLIVE, name="alarm", kind="pagerduty", settings=alarm)
        room = {"url": hook.url, "secret": "s"}
        channels.add(by=GOLIVE, name="room", kind="webhook", settings=room)
        by_mail(mail)
        for person in (MIRA, OLGA):
            contacts = [("alarm", ""), ("room", ""), ("mail", person)]
            oncall.set_contacts(by=GOLIVE, email=person, contacts=contacts)
        access.change_person(by=GOLIVE, email=ADA, active=False)
        w.ship("1.0")
        send(w)
        bodies = [json.loads(body) for _path, _headers, body in hook.got]
    assert [(one["act"], one["facts"]["occasion"]) for one in bodies] == [("notice", "started"), ("notice", "full")]
    assert {to for to, _subject in told(mail)} == {INES}
    assert [one.name for one in Notice.objects.filter(occasion="full", channel_name="room")] == ["Mira, Olga"]


@pytest.mark.usefixtures("people")
def test_hostile_words_stay_words(mail: MailReceiver) -> None:
    by_mail(mail)
    with world(TOLD) as w:
        w.queue("1.0\r\nBcc: eve@example.org\u202e<script>alert(1)</script>")
        w.queue("1.1", author="eve@example.org")  # a commit may name anybody
        send(w)
    assert {str(one["To"]) for one in mail.mails} == {INES, MIRA}
    for one in mail.mails:
        assert one["Bcc"] is None
        assert "\u202e" not in str(one["Subject"]) + plain(one)
        html = one.get_body(("html",))
        assert html is not None
        assert "<script>" not in html.get_content()


@pytest.mark.usefixtures("people")
def test_a_mail_server_that_is_down_is_tried_again_and_whom_nothing_reaches_is_named_once(
    mail: MailReceiver, browser_of: Callable[[Actor], Client], join: Join
) -> None:
    by_mail(mail)
    with world(TOLD) as w:
        one = w.queue("1.0")
        mail.refuse = "451 later"
        send(w)
        assert {(row.state, row.tries) for row in Notice.objects.all()} == {("QUEUED", 1)}
        mail.refuse = ""
        w.clock.advance(2)
        send(w)
        assert told(mail) == times([INES, MIRA], "1.0 was asked for")
        channels.remove(by=GOLIVE, channel="mail")
        w.until(one, "WATCH_10M")
        page = browser_of(join("Vi", Role.VIEWER)).get(f"/releases/{one}?tab=record")
    said = page.content.decode()
    assert "Who was told" in said
    assert "shop 1.0 was asked for" in said
    assert said.count("No channel reaches") == 1
    for name in (INES, "Mira", "Olga"):
        assert name in said


@pytest.mark.usefixtures("people")
def test_a_message_is_given_up_in_the_end_and_the_page_says_so(
    mail: MailReceiver, browser_of: Callable[[Actor], Client], join: Join
) -> None:
    by_mail(mail)
    with world(TOLD) as w:
        one = w.queue("1.0")
        mail.refuse = "451 later"
        for _ in range(25):
            w.clock.advance(900)
            send(w)
        assert {(row.state, row.tries) for row in Notice.objects.all()} == {("FAILED", 20)}
        page = browser_of(join("Vi", Role.VIEWER)).get(f"/releases/{one}?tab=record")
    assert "given up" in page.content.decode()


@pytest.mark.usefixtures("people", "mail")
def test_without_a_mail_channel_nothing_fails_and_the_channels_page_says_it_once(
    browser_of: Callable[[Actor], Client], join: Join
) -> None:
    channels.add(by=GOLIVE, name="room", kind="webhook", settings={"url": "https://example.org/x", "secret": "s"})
    with world(TOLD) as w:
        w.ship("1.0")
    assert {row.error for row in Notice.objects.all()} == {"No channel reaches them."}
    assert jobs.open_count(NOTICE) == 0
    said = browser_of(join("Vi", Role.VIEWER)).get("/channels").content.decode()
    assert said.count("No mail channel is on") == 1


@pytest.mark.usefixtures("people")
def test_news_that_are_delivered_again_tell_nobody_twice(mail: MailReceiver) -> None:
    by_mail(mail)
    with world(TOLD) as w:
        w.queue("1.0")
        send(w)
        event = Event.objects.get(kind="release.queued")
        redeliver(event.pk, "golive.respond.notices.subscribers.on_news")
        send(w)
    assert told(mail) == times([INES, MIRA], "1.0 was asked for")


class Killer(MailReceiver):
    """Kills the sender when its mail is there, before the sender hears of it."""

    victims: list[int]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        while self.victims:
            os.kill(self.victims.pop(), signal.SIGKILL)
        return answer


@pytest.mark.parametrize("state", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_sender_killed_between_sending_and_marking_loses_nothing_and_doubles_one_mail(
    state: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = ""
    if state == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.new_database()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")},
        "GOLIVE_HOME": str(tmp_path / "senders"),
        "GOLIVE_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "golive.runtime.settings",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }

    def start(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.support.notices_process", *words]
        return subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def states() -> list[str]:
        return list(json.loads(start("states").communicate(timeout=120)[0]))

    killer = Killer()
    senders: list[subprocess.Popen[str]] = []
    try:
        killer.victims = []
        assert start("ask", str(killer.port)).wait(120) == 0
        senders.append(start("send"))
        killer.victims.append(senders[0].pid)
        assert senders[0].wait(120) == -signal.SIGKILL
        assert states() == ["QUEUED"] * 3
        senders.append(start("send"))
        wait_for(lambda: states() == ["ACCEPTED"] * 3, seconds=120, what="every notice taken")
    finally:
        for sender in senders:
            sender.kill()
            sender.wait()
        killer.close()
    taken = Counter(str(one["Message-ID"]) for one in killer.mails)
    assert sorted(taken.values()) == [1, 1, 2]
    assert {str(one["To"]) for one in killer.mails} == {"ines@example.net", "jon@example.net", "kim@example.net"}
