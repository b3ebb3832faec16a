"""Nothing that is owed gets lost, nobody is told what they do not want, and not at night."""

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from django.conf import LazySettings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.mail.message import EmailMessage
from django.db import connection
from django.test import Client
from farmersmarket.catalog.models import Product
from farmersmarket.orders.models import Order
from farmersmarket.outbox import bell, domain, operations
from farmersmarket.outbox.models import Message, Notice
from farmersmarket.people.models import Person
from local_server import Call, LocalServer, Reply

Place = Callable[..., Order]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def ada(db: None) -> Person:
    return Person.objects.create_user("ada@example.org", None, name="Ada", phone="+491701234567")


@pytest.mark.parametrize(
    ("hour", "quiet", "expected"),
    [
        (3, (22, 7), 7),
        (23, (22, 7), 7),
        (7, (22, 7), 7),
        (12, (22, 7), 12),
        (13, (12, 14), 14),
        (3, (None, 7), 3),
        (3, (5, 5), 3),
    ],
)
def test_quiet_hours(hour: int, quiet: tuple[int | None, int | None], expected: int) -> None:
    now = datetime(2026, 3, 10, hour, 0, tzinfo=BERLIN)
    due = domain.after_quiet(now, *quiet, BERLIN)
    assert due.astimezone(BERLIN).hour == expected
    assert timedelta(0) <= due - now < timedelta(hours=12)


def test_mail_waits_for_a_server(place: Place, now: datetime, settings: LazySettings) -> None:
    place()
    assert operations.send_due(now=now) == 0
    settings.EMAIL_HOST = "localhost"
    assert operations.send_due(now=now) == 2
    assert {message.to[0] for message in mail.outbox} >= {"ada@example.org"}
    assert operations.send_due(now=now) == 0


def test_a_provider_that_fails_one_call_in_five_loses_nothing(
    db: None, now: datetime, settings: LazySettings
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_BACKEND = "localhost", "shopping.FlakyBackend"
    for number in range(300):
        operations.owe(kind="order", to=f"p{number}@example.org", subject="News", body="", now=now)
    for minute in range(60):
        operations.send_due(now=now + timedelta(minutes=minute), limit=500)
    assert Message.objects.filter(state="sent").count() == 300
    assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox) == 300


def test_what_never_works_is_given_up_and_counted(
    db: None, now: datetime, settings: LazySettings
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_BACKEND = "localhost", "no.such.backend"
    operations.owe(kind="order", to="a@example.org", subject="News", body="", now=now)
    for hour in range(domain.ATTEMPTS + 5):
        operations.send_due(now=now + timedelta(hours=hour))
    row = Message.objects.get()
    assert (row.state, row.attempts) == ("dead", domain.ATTEMPTS)


def test_a_mail_server_may_be_away_for_a_night_and_the_office_sends_again_what_is_older(
    db: None, now: datetime, settings: LazySettings, client: Client
) -> None:
    pauses = [domain.pause(attempts) for attempts in range(1, domain.ATTEMPTS)]
    assert sum((pause for pause in pauses if pause), timedelta()) > timedelta(hours=20)
    settings.EMAIL_HOST = "localhost"
    operations.owe(kind="order", to="a@example.org", subject="News", body="", now=now)
    Message.objects.update(state="dead", attempts=domain.ATTEMPTS)
    client.force_login(Person.objects.create_superuser("boss@example.org", "x" * 12, name="Boss"))
    assert "Send again" in client.get("/office").content.decode()
    assert client.post("/office/messages", {"channel": "pigeon"}).status_code == 404
    client.post("/office/messages", {"channel": "email"})
    assert operations.send_due(now=datetime.now(UTC)) == 1
    assert "Send again" not in client.get("/office").content.decode()


class SlowBackend(EmailBackend):
    """A mail server that takes a minute; meanwhile another worker looks what is due."""

    def send_messages(self, messages: list[EmailMessage]) -> int:
        sent = super().send_messages(messages)
        if len(mail.outbox) == 1:
            operations.send_due(now=Message.objects.all()[0].created_at + timedelta(seconds=61))
        return sent


def test_workers_beside_a_slow_server_send_nothing_twice(
    db: None, now: datetime, settings: LazySettings
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_BACKEND = "localhost", "test_notifications.SlowBackend"
    for number in range(3):
        operations.owe(kind="order", to=f"p{number}@example.org", subject="", body="", now=now)
    operations.send_due(now=now)
    assert sorted(message.to[0][:2] for message in mail.outbox) == ["p0", "p1", "p2"]


def test_a_channel_that_is_stuck_holds_up_no_other(
    db: None, now: datetime, settings: LazySettings, twilio: tuple[str, list[dict[str, Any]]]
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_BACKEND = "localhost", "no.such.backend"
    settings.TWILIO_URL, _ = twilio
    settings.TWILIO_ACCOUNT_SID = "AC1"
    for _ in range(20):
        operations.owe(kind="order", to="a@example.org", subject="", body="", now=now)
    operations.owe(kind="order", to="+491701", subject="", body="Ready", now=now, channel="sms")
    assert operations.send_due(now=now) == 1
    assert Message.objects.filter(channel="email", attempts=1).count() == operations.PATIENCE


def test_what_is_sent_late_keeps_quiet_hours(
    ada: Person, now: datetime, settings: LazySettings
) -> None:
    settings.EMAIL_HOST = "localhost"
    evening = datetime(2026, 3, 10, 21, 50, tzinfo=BERLIN)
    ada.quiet_from, ada.quiet_until = 22, 7
    ada.save()
    operations.tell(ada, kind="order", subject="Ready", body="", link="/x", now=evening)
    operations.owe(kind="new_password", to=ada.email, subject="New", body="", now=evening)
    assert operations.send_due(now=evening + timedelta(minutes=20)) == 1
    assert [message.subject for message in mail.outbox] == ["New"]
    row = Message.objects.get(kind="order")
    assert (row.due_at.astimezone(BERLIN).hour, row.attempts) == (7, 0)


def test_names_with_a_line_end_do_not_keep_mail_from_going(
    db: None, now: datetime, settings: LazySettings
) -> None:
    settings.EMAIL_HOST = "localhost"
    subject = "Ada's\nBcc: x@example.org wrote"
    operations.owe(kind="letter", to="a@example.org", subject=subject, body="", now=now)
    assert operations.send_due(now=now) == 1
    assert mail.outbox[0].subject == "Ada's Bcc: x@example.org wrote"


def test_an_address_that_is_refused_for_good_is_tried_once(
    db: None, now: datetime, settings: LazySettings
) -> None:
    settings.EMAIL_HOST, settings.EMAIL_BACKEND = "localhost", "test_notifications.StrictBackend"
    for name in ("nobody", "busy"):
        operations.owe(kind="order", to=f"{name}@example.org", subject="", body="", now=now)
    assert operations.send_due(now=now) == 0
    states = dict(Message.objects.values_list("recipient", "state"))
    assert states == {"nobody@example.org": "dead", "busy@example.org": "queued"}


class StrictBackend(EmailBackend):
    """A mail server that does not know one address, and asks to come again for the other."""

    def send_messages(self, messages: list[EmailMessage]) -> int:
        to = messages[0].to[0]
        raise SMTPRecipientsRefused({to: (550 if to.startswith("nobody") else 451, b"no")})


def test_two_workers_send_a_message_once(db: None, now: datetime, settings: LazySettings) -> None:
    settings.EMAIL_HOST = "localhost"
    operations.owe(kind="order", to="a@example.org", subject="News", body="", now=now)
    late = Message.objects.get()
    assert operations.send_due(now=now) == 1
    assert not operations._take(late, now)


def test_people_are_told_as_they_chose(ada: Person, now: datetime, client: Client) -> None:
    client.force_login(ada)
    chosen = {"order-sms": "on", "phone": "+49 (170) 765-4321", "quiet_from": "", "quiet_until": ""}
    client.post("/preferences", chosen)
    ada.refresh_from_db()
    operations.tell(ada, kind="order", subject="Ready", body="", link="/x", now=now)
    row = Message.objects.get()
    assert (row.channel, row.recipient, row.body) == (
        "sms",
        "+491707654321",
        "Ready http://127.0.0.1:8000/x",
    )
    assert not Notice.objects.exists()


def test_a_wrong_phone_number_changes_nothing(ada: Person, client: Client) -> None:
    client.force_login(ada)
    assert client.post("/preferences", {"phone": "call me"}).status_code == 422
    assert Person.objects.get().phone == ada.phone


def test_the_bell_counts_until_it_was_looked_at(ada: Person, now: datetime, client: Client) -> None:
    client.force_login(ada)
    operations.tell(ada, kind="order", subject="<b>Ready</b>", body="", link="/cart", now=now)
    assert _bell(client) == ("", "1")
    assert "&lt;b&gt;Ready" in client.get("/notices").content.decode()
    assert _bell(client) == (" hidden", "0")


def _bell(client: Client) -> tuple[str, ...]:
    found = re.search(r'id="bell"[^>]*?( hidden)?>(\d+)<', client.get("/").content.decode())
    assert found
    return found.groups("")


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_live(ada: Person, now: datetime) -> None:
    feed = bell.feed
    told: list[str] = []

    async def listen() -> None:
        async for chunk in bell.stream(ada.id):
            told.extend(re.findall(r"event: unread\ndata: (\d+)", chunk.decode()))
            if told == ["0"]:
                await asyncio.to_thread(_tell, ada, now)
            if told[-1:] == ["1"]:
                feed.drain()

    try:
        asyncio.run(asyncio.wait_for(listen(), 60))
    finally:
        feed._draining = False
    assert told == ["0", "1"]


def _tell(person: Person, now: datetime) -> None:
    operations.tell(person, kind="order", subject="Ready", body="", link="/cart", now=now)
    connection.close()


def test_the_bell_is_for_people_who_are_logged_in(db: None, client: Client) -> None:
    assert client.get("/live/bell").status_code == 204


def test_a_farmer_hears_of_orders_and_of_what_runs_out(place: Place, product: Product) -> None:
    Product.objects.filter(id=product.id).update(stock=11)
    for number, quantity in enumerate((2, 2, 7)):
        place(quantity, key=f"{number}" * 24)
    texts = [notice.text for notice in Notice.objects.filter(person=product.stall.farmer)]
    # Once when it begins to run out and once when it is gone, not with every order between.
    left = [text for text in texts if "left" in text]
    assert left == [f"{product.name}: 0 left", f"{product.name}: 9 left"]
    assert len([text for text in texts if text.startswith("New order FM-")]) == 3


@pytest.fixture
def twilio() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Speaks the needed part of Twilio's API; refuses numbers that end in 0."""
    calls: list[dict[str, Any]] = []

    def answer(call: Call) -> Reply:
        form = parse_qs(call.body.decode())
        calls.append({"path": call.path, "auth": call.headers["Authorization"], **form})
        if form["To"][0].endswith("0"):
            return Reply(400, b'{"code": 21211}')
        return Reply(201, b'{"sid": "SM1", "status": "queued"}')

    server = LocalServer(answer)
    yield server.url, calls
    server.stop()


def test_text_messages_go_to_twilio(
    db: None, settings: LazySettings, twilio: tuple[str, list[dict[str, Any]]]
) -> None:
    now = datetime.now(UTC)
    settings.TWILIO_URL, calls = twilio
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = (
        "AC1",
        "t",
        "+4930123",
    )
    for number in ("+491701", "+491700"):
        operations.owe(kind="order", to=number, subject="", body="Ready", now=now, channel="sms")
    assert operations.send_due(now=now) == 1
    assert calls[0]["path"] == "/2010-04-01/Accounts/AC1/Messages.json"
    assert (calls[0]["Body"], calls[0]["From"], calls[0]["auth"]) == (
        ["Ready"],
        ["+4930123"],
        "Basic QUMxOnQ=",
    )
    assert set(Message.objects.values_list("recipient", "state")) == {
        ("+491701", "sent"),
        ("+491700", "dead"),
    }
