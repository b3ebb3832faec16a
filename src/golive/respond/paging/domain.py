"""Who is asked by which channels and when, what the messages say, and the signed link; pure."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from golive.respond.channels.domain import Patience

PAGED = ("SEV1", "SEV2", "SEV3")  # SEV4 is for the ticket queue (mission: RESPOND-1)
AT_ONCE = {"SEV1": 2, "SEV2": 2, "SEV3": 1}  # independent channels tried at the same time
LINK_LIFE = timedelta(hours=24)
PATIENCE = Patience(tries=12, longest=timedelta(seconds=60))
SEVERITY_WORDS: dict[str, Literal["critical", "error", "warning", "info"]] = {
    "SEV1": "critical",
    "SEV2": "error",
    "SEV3": "warning",
    "SEV4": "info",
}

T = TypeVar("T")


def first_choices(contacts: Sequence[T], severity: str) -> Sequence[T]:
    """Return the contacts that are tried at once; the others follow when one of these fails."""
    return contacts[: AT_ONCE.get(severity, 1)]


def ask_again_after(rounds: int, resend_after: timedelta) -> timedelta:
    """Return the pause after the `rounds`-th round of pages: as configured, doubled every six rounds, at most 8 times."""
    return resend_after * (1 << min(rounds // 6, 3))


@dataclass(frozen=True)
class Link:
    """What an acknowledge link stands for; it is good for nothing else."""

    attempt: str
    expires: int  # unix seconds


def sign(link: Link, secret: str) -> str:
    """Return the link's token: `<payload>.<HMAC-SHA256>`, both base64url (RFC 2104, RFC 4648)."""
    payload = f"ack:{link.attempt}:{link.expires}".encode()
    return f"{_encode(payload)}.{_encode(_mac(payload, secret))}"


def read(token: str, secret: str, *, now: datetime) -> Link | None:
    """Return what a token stands for; None when it is forged, expired or for something else."""
    head, _, tail = token.partition(".")
    try:
        payload, mac = _decode(head), _decode(tail)
        purpose, attempt, expires = payload.decode().split(":")
        link = Link(attempt, int(expires))
    except ValueError:
        return None
    if not hmac.compare_digest(mac, _mac(payload, secret)):
        return None
    return link if purpose == "ack" and now.timestamp() < link.expires else None


def _mac(payload: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), b"golive.ack\0" + payload, hashlib.sha256).digest()


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    # Decoding is lax about foreign characters; a token has one spelling.
    value = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    if _encode(value) != text:
        raise ValueError("not canonical base64url")
    return value
