"""What every channel promises, against real receivers."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from golive.adapters import outgoing, pagerduty, slack, smtp, webhook
from golive.adapters.channel_kinds import KINDS
from golive.kernel.config import settings
from golive.respond.channels.ports import Channel, ChannelFailed, Message
from tests.support.receivers import HttpReceiver, MailReceiver, http_receiver, mail_receiver

MESSAGE = Message(
    key="att_1",
    act="trigger",
    dedup_key="inc_1",
    subject="[SEV2] shop 1.2.0 was pulled",
    text="3 of 20 checkouts failed.\nUsers are back on 1.1.0. <script>&",
    severity="critical",
    link="http://localhost:8100/incidents/inc_1",
    ack_link="http://localhost:8100/ack/t0ken",
    to="ana@example.org",
    facts={"site": "shop/production"},
)


@pytest.fixture(autouse=True)
def loopback_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    allowing = settings().model_copy(update={"allow_private_webhooks": True})
    monkeypatch.setattr("golive.adapters.outgoing.http.settings", lambda: allowing)


@pytest.fixture
def http() -> Iterator[HttpReceiver]:
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def mail() -> Iterator[MailReceiver]:
    with mail_receiver() as receiver:
        yield receiver


def mailer(port: int) -> Channel:
    return smtp.Smtp(
        {
            "host": "127.0.0.1",
            "port": str(port),
            "security": "none",
            "sender": "golive <g@example.org>",
        }
    )


def over_http(kind: str, receiver: HttpReceiver) -> Channel:
    values = {"url": receiver.url, "secret": "s", "routing_key": "R"}
    receiver.answer = b'{"status":"success","dedup_key":"inc_1"}' if kind == "pagerduty" else b"ok"
    found = KINDS.get(kind)
    assert found
    return found.open(values)


HTTP_KINDS = ["slack", "pagerduty", "webhook"]


@pytest.mark.parametrize("kind", HTTP_KINDS)
def test_a_message_arrives_once_and_is_receipted(kind: str, http: HttpReceiver) -> None:
    receipt = over_http(kind, http).send(MESSAGE)
    assert len(http.got) == 1
    assert receipt.delivered is (kind != "pagerduty")


@pytest.mark.parametrize("kind", HTTP_KINDS)
@pytest.mark.parametrize(("mood", "final"), [("500", False), ("429", False), ("404", True), ("403", True)])
def test_a_refusal_says_whether_trying_again_may_help(kind: str, mood: str, final: bool, http: HttpReceiver) -> None:
    http.mood = mood
    with pytest.raises(ChannelFailed) as raised:
        over_http(kind, http).send(MESSAGE)
    assert raised.value.final is final
    assert "s3cr3t" not in raised.value.detail


@pytest.mark.parametrize(
    ("said", "pause"), [("30", 30), ("", 0), ("soon", 0), ("9" * 30, 0), ("Sat, 29 Nov 2036 00:00:00 GMT", 3600)]
)
def test_the_pause_that_a_provider_asks_for_is_read(said: str, pause: int, http: HttpReceiver) -> None:
    http.mood, http.headers = "429", {"Retry-After": said}
    with pytest.raises(ChannelFailed) as raised:
        over_http("slack", http).send(MESSAGE)
    found = raised.value.retry_after.total_seconds()
    assert found == pause if pause < 3600 else found > pause


def test_an_apprise_address_is_one_address(http: HttpReceiver) -> None:
    found = KINDS.get("apprise")
    assert found
    settings = {"url": f"ntfy://127.0.0.1:1/t, json://127.0.0.1:{http.server.server_port}/hook"}
    with pytest.raises(ChannelFailed):
        found.open(settings).send(MESSAGE)
    assert http.got == []


@pytest.mark.parametrize("scheme", ["ntfy", "gotify", "mmost", "apprise", "hassio", "rocket", "matrix"])
def test_an_apprise_service_of_ones_own_is_guarded_as_a_webhook_is(
    scheme: str, http: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = KINDS.get("apprise")
    assert found
    channel = found.open({"url": f"{scheme}://user:pass@localhost:{http.server.server_port}/{'a' * 24}"})
    refusing = settings().model_copy(update={"allow_private_webhooks": False})
    monkeypatch.setattr("golive.adapters.outgoing.http.settings", lambda: refusing)
    with pytest.raises(ChannelFailed, match=r"is the private address .*: refused") as raised:
        channel.send(MESSAGE)
    assert (raised.value.final, http.got) == (True, [])


def test_apprise_follows_no_redirect(http: HttpReceiver) -> None:
    found = KINDS.get("apprise")
    assert found
    with http_receiver() as inside:
        http.mood = f"redirect {inside.url}"
        with pytest.raises(ChannelFailed):
            found.open({"url": f"ntfy://127.0.0.1:{http.server.server_port}/t?redirect=yes"}).send(MESSAGE)
        assert http.got
        assert inside.got == []


@pytest.mark.parametrize("mood", ["hang", "trickle"])
def test_a_receiver_that_hangs_or_trickles_is_given_up(
    mood: str, http: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("golive.adapters.outgoing.http.WAIT", 0.5)
    monkeypatch.setattr("golive.adapters.outgoing.http.TOTAL", 1.0)
    http.mood = mood
    with pytest.raises(ChannelFailed, match="in time") as raised:
        over_http("webhook", http).send(MESSAGE)
    assert raised.value.final is False


@pytest.mark.parametrize("kind", HTTP_KINDS)
def test_a_redirect_is_never_followed(kind: str, http: HttpReceiver) -> None:
    with http_receiver() as inside:
        http.mood = f"redirect {inside.url}"
        with pytest.raises(ChannelFailed, match="redirect"):
            over_http(kind, http).send(MESSAGE)
        assert inside.got == []


def test_nobody_listening_is_a_failure_that_may_pass(http: HttpReceiver, mail: MailReceiver) -> None:
    channels = [over_http("webhook", http), mailer(mail.port)]
    http.close()
    mail.close()
    for channel in channels:
        with pytest.raises(ChannelFailed) as raised:
            channel.send(MESSAGE)
        assert raised.value.final is False


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "10.0.0.8",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::a00:1]",
        "[2002:a00:1::]",
        "2130706433",
        "0x7f.1",
        "224.0.0.1",
        "[64:ff9b:1::a00:1]",
        "[::a00:1]",
        "[fec0::1]",
    ],
)
def test_private_addresses_are_refused_unless_allowed(host: str) -> None:
    with pytest.raises(ChannelFailed, match="refused") as raised:
        outgoing.post(f"http://{host}:9/x", b"{}", {}, allow_private=False)
    assert raised.value.final is True


def test_the_connection_goes_to_the_address_that_was_checked(
    http: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is looked at and private when it is called would get through a check beforehand."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    asked = []

    def rebinding(host: str, port: int, **_kwargs: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", (next(answers), port))]

    connected: list[str] = []

    def refuse(_backend: object, host: str, *_args: object, **_kwargs: object) -> None:
        connected.append(host)
        raise outgoing.network.httpcore.ConnectError("not in a test")

    monkeypatch.setattr("golive.adapters.outgoing.network.socket.getaddrinfo", rebinding)
    monkeypatch.setattr("golive.adapters.outgoing.network.httpcore.SyncBackend.connect_tcp", refuse)
    with pytest.raises(ChannelFailed):
        outgoing.post(http.url.replace("127.0.0.1", "rebind.example"), b"{}", {}, allow_private=False)
    assert (asked, connected) == (["rebind.example"], ["93.184.216.34"])
    assert http.got == []


@pytest.mark.parametrize("url", ["ftp://x/", "https://", "file:///etc/passwd", "http://u:p@x/", "http://x:99999/", "x"])
def test_an_address_that_cannot_work_is_refused_when_it_is_entered(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        outgoing.check_url(url)


def test_the_webhook_signature_covers_time_and_body(http: HttpReceiver) -> None:
    webhook.Webhook({"url": http.url, "secret": "tops3cret"}).send(MESSAGE)
    _path, headers, body = http.got[0]
    timestamp, digest = (part.split("=")[1] for part in headers["golive-signature"].split(","))
    expected = hmac.new(b"tops3cret", timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert digest == expected
    assert headers["idempotency-key"] == "att_1"
    assert json.loads(body)["acknowledge"] == MESSAGE.ack_link


@pytest.mark.parametrize("act", ["trigger", "acknowledge", "resolve"])
def test_pagerduty_hears_trigger_acknowledge_and_resolve_of_one_alert(act: str, http: HttpReceiver) -> None:
    channel = over_http("pagerduty", http)
    receipt = channel.send(replace(MESSAGE, act=act))  # type: ignore[arg-type]
    event = http.json()
    assert (event["event_action"], event["dedup_key"], event["routing_key"]) == (act, "inc_1", "R")
    assert ("payload" in event) is (act == "trigger")
    assert receipt.provider_id == "inc_1"


def test_pagerduty_must_say_success(http: HttpReceiver) -> None:
    channel = over_http("pagerduty", http)
    for answer in (b"{}", b"[]", b"<html>"):
        http.answer = answer
        with pytest.raises(ChannelFailed):
            channel.send(MESSAGE)


def test_slack_gets_buttons_and_no_markup_from_texts(http: HttpReceiver) -> None:
    slack.Slack({"url": http.url}).send(replace(MESSAGE, text="<!channel> & <http://evil|click>"))
    said = http.json()
    assert "&lt;!channel&gt; &amp; &lt;http" in said["blocks"][0]["text"]["text"]
    assert [button["url"] for button in said["blocks"][1]["elements"]] == [
        MESSAGE.ack_link,
        MESSAGE.link,
    ]


def test_a_mail_arrives_with_a_stable_id_and_without_markup_from_texts(mail: MailReceiver) -> None:
    first = mailer(mail.port).send(MESSAGE)
    second = mailer(mail.port).send(MESSAGE)
    assert first.provider_id == second.provider_id == mail.mails[0]["Message-ID"]
    assert (mail.mails[0]["To"], mail.mails[0]["Subject"]) == ("ana@example.org", MESSAGE.subject)
    plain, html = (part.get_content() for part in mail.mails[0].iter_parts())
    assert MESSAGE.ack_link in plain
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_a_subject_cannot_add_headers(mail: MailReceiver) -> None:
    mailer(mail.port).send(replace(MESSAGE, subject="x\r\nBcc: eve@example.org"))
    assert mail.mails[0]["Bcc"] is None
    assert mail.mails[0]["Subject"] == "x Bcc: eve@example.org"


@pytest.mark.parametrize("answer", ["451 later", "554 never"])
def test_a_mail_server_that_refuses_is_a_failure(answer: str, mail: MailReceiver) -> None:
    mail.refuse = answer
    with pytest.raises(ChannelFailed):
        mailer(mail.port).send(MESSAGE)


def test_a_mail_without_an_address_will_never_go() -> None:
    with pytest.raises(ChannelFailed) as raised:
        mailer(1).send(replace(MESSAGE, to=""))
    assert raised.value.final is True


def test_pagerduty_is_called_at_its_own_address_by_default() -> None:
    assert pagerduty.EVENTS == "https://events.pagerduty.com/v2/enqueue"
    assert {kind.name for kind in KINDS.all()} == {
        "smtp",
        "slack",
        "pagerduty",
        "webhook",
        "apprise",
    }
