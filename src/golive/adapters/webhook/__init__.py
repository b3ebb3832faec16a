"""A signed webhook: JSON, with HMAC-SHA256 over timestamp and body, so that the receiver knows it is golive and now."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping

from golive.adapters.outgoing import check_url, post
from golive.respond.channels.ports import Kind, Message, Receipt, Setting


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">` (the scheme of Stripe's webhooks; RFC 2104)."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Webhook:
    """One receiver. A repeated delivery has the same `Idempotency-Key`."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._url = settings["url"]
        self._secret = settings["secret"]

    def send(self, message: Message) -> Receipt:
        body = json.dumps(
            {
                "id": message.key,
                "act": message.act,
                "incident": message.dedup_key,
                "severity": message.severity,
                "subject": message.subject,
                "text": message.text,
                "link": message.link,
                "acknowledge": message.ack_link,
                "facts": dict(message.facts),
            }
        ).encode()
        headers = {
            "content-type": "application/json",
            "idempotency-key": message.key,
            "golive-signature": sign(self._secret, int(time.time()), body),
        }
        post(self._url, body, headers)
        return Receipt(provider_id=message.key, delivered=True)


KIND = Kind(
    name="webhook",
    title="Signed webhook",
    settings=(
        Setting("url", "Address", secret=True),
        Setting("secret", "Secret for the signature", secret=True),
    ),
    open=Webhook,
    check=lambda settings: check_url(settings["url"]),
)
