"""PagerDuty, Events API v2 (https://developer.pagerduty.com/docs/send-alert-event): trigger, acknowledge, resolve."""

import json
from collections.abc import Mapping
from typing import Any

from golive.adapters.outgoing import check_url, post
from golive.respond.channels.ports import ChannelFailed, Kind, Message, Receipt, Setting

EVENTS = "https://events.pagerduty.com/v2/enqueue"


class PagerDuty:
    """One service. PagerDuty folds repeated triggers of one `dedup_key` into one alert."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._key = settings["routing_key"]
        self._url = settings.get("url") or EVENTS

    def send(self, message: Message) -> Receipt:
        event: dict[str, Any] = {
            "routing_key": self._key,
            "event_action": "trigger" if message.act == "notice" else message.act,
            "dedup_key": message.dedup_key,
        }
        if event["event_action"] == "trigger":
            event["payload"] = {
                "summary": message.subject[:1024],
                "source": message.facts.get("site", "golive"),
                "severity": message.severity,
                "custom_details": {"text": message.text, **message.facts},
            }
            event["links"] = [{"href": message.link, "text": "Incident"}] if message.link else []
        answer = post(self._url, json.dumps(event).encode(), {"content-type": "application/json"})
        return Receipt(provider_id=_dedup_key(answer.body))


def _dedup_key(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise ChannelFailed("PagerDuty's answer cannot be read.") from error
    if not isinstance(answer, dict) or answer.get("status") != "success":
        raise ChannelFailed("PagerDuty did not say success.")
    return str(answer.get("dedup_key", ""))


KIND = Kind(
    name="pagerduty",
    title="PagerDuty",
    settings=(
        Setting("routing_key", "Integration key (Events API v2)", secret=True),
        Setting("url", "Address, for the EU region", required=False, default=EVENTS),
    ),
    open=PagerDuty,
    check=lambda settings: check_url(settings["url"]),
    mirrors_state=True,
)
