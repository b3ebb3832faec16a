"""Slack, by an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks)."""

import json
from collections.abc import Mapping
from typing import Any

from golive.adapters.outgoing import check_url, post
from golive.respond.channels.ports import ChannelFailed, Kind, Message, Receipt, Setting

MARKS = {
    "trigger": ":red_circle:",
    "acknowledge": ":eyes:",
    "resolve": ":white_check_mark:",
    "notice": ":bell:",
}


class Slack:
    """One Slack channel. Slack says `ok` when the message stands in it."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._url = settings["url"]

    def send(self, message: Message) -> Receipt:
        body = json.dumps({"text": escape(message.subject), "blocks": _blocks(message)}).encode()
        answer = post(self._url, body, {"content-type": "application/json"})
        if answer.body.strip() != b"ok":
            raise ChannelFailed("Slack did not say ok.")
        return Receipt(delivered=True)


def _blocks(message: Message) -> list[dict[str, Any]]:
    title = f"{MARKS[message.act]} *{escape(message.subject)}*"
    blocks: list[dict[str, Any]] = [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": f"{title}\n{escape(message.text)}"[:2900]},
        }
    ]
    links = [("Acknowledge", message.ack_link), ("Open", message.link)]
    buttons = [
        {"type": "button", "text": {"type": "plain_text", "text": name}, "url": link} for name, link in links if link
    ]
    if buttons:
        blocks.append({"type": "actions", "elements": buttons})
    return blocks


def escape(text: str) -> str:
    """Escape the three characters that Slack gives a meaning, so that no text can mention @channel or fake a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


KIND = Kind(
    name="slack",
    title="Slack",
    settings=(Setting("url", "Address of the incoming webhook", secret=True),),
    open=Slack,
    check=lambda settings: check_url(settings["url"]),
)
