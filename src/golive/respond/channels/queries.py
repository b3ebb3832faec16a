"""Reading channels; secrets leave this room only inside an opened channel."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken

from golive.kernel.config import settings
from golive.kernel.ports import the
from golive.kernel.problems import Conflict, NotFound
from golive.respond.channels.models import ChannelRow
from golive.respond.channels.ports import Channel, Kind, Kinds

MAIL = "smtp"  # the kind whose addresses are mail addresses


@dataclass(frozen=True)
class ChannelView:
    """A channel as others may see it; `secrets_set` are the names of the secrets it has."""

    id: str
    name: str
    kind: str
    kind_title: str
    addressed: bool
    mirrors_state: bool
    settings: dict[str, str]
    secrets_set: tuple[str, ...]
    is_on: bool
    tested_at: datetime | None
    test_error: str


class SecretsUnreadable(Conflict):
    """The channel's secrets were encrypted with another home's key."""

    slug = "secrets-unreadable"
    title = "The channel's secrets cannot be read"


def kinds() -> tuple[Kind, ...]:
    """Return the kinds of channels that this golive can speak."""
    return the(Kinds).all()


def channels() -> list[ChannelView]:
    """Return every channel, by name."""
    return [_view(row) for row in ChannelRow.objects.all()]


def get(channel_id: str) -> ChannelView:
    """Return one channel, by id or name. Raises NotFound."""
    return _view(row_of(channel_id))


def mail() -> ChannelView | None:
    """Return a channel that is on and reaches every mail address, None when there is none."""
    return next((one for one in channels() if one.kind == MAIL and one.is_on), None)


def open_channel(channel_id: str) -> Channel:
    """Return the channel ready to send. Raises NotFound, SecretsUnreadable."""
    row = row_of(channel_id)
    return kind_of(row.kind).open({**row.settings, **decrypt(row.secrets)})


def settings_of(channel_id: str) -> dict[str, str]:
    """Return all settings with the secrets in clear, for the break-glass file. Raises NotFound, SecretsUnreadable."""
    row = row_of(channel_id)
    return {**row.settings, **decrypt(row.secrets)}


def kind_of(name: str) -> Kind:
    """Return the kind of that name. Raises NotFound."""
    kind = the(Kinds).get(name)
    if kind is None:
        known = ", ".join(one.name for one in kinds())
        raise NotFound(f"There is no kind of channel called {name}.", hint=f"Known: {known}.")
    return kind


def row_of(channel_id: str) -> ChannelRow:
    """Return the row by id or name. Raises NotFound."""
    row = ChannelRow.objects.filter(pk=channel_id).first() or ChannelRow.objects.filter(name=channel_id).first()
    if row is None:
        raise NotFound(f"There is no channel {channel_id}.")
    return row


def encrypt(secrets: dict[str, str]) -> str:
    """Return the secrets as one encrypted text."""
    return _fernet().encrypt(json.dumps(secrets).encode()).decode()


def decrypt(text: str) -> dict[str, str]:
    """Return the secrets. Raises SecretsUnreadable."""
    if not text:
        return {}
    try:
        plain = _fernet().decrypt(text.encode())
    except InvalidToken as error:
        raise SecretsUnreadable(
            "This channel was configured under another key.",
            hint="Enter the channel's secrets again.",
        ) from error
    secrets: dict[str, str] = json.loads(plain)
    return secrets


def _fernet() -> Fernet:
    # A key of its own, derived: nothing else that is signed with the home's secret can open a channel.
    digest = hashlib.blake2b(settings().secret().encode(), digest_size=32, person=b"golive-channels").digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def _view(row: ChannelRow) -> ChannelView:
    kind = the(Kinds).get(row.kind)
    try:
        names = tuple(sorted(decrypt(row.secrets)))
    except SecretsUnreadable:
        names = ()
    return ChannelView(
        row.pk,
        row.name,
        row.kind,
        kind.title if kind else row.kind,
        bool(kind and kind.addressed),
        bool(kind and kind.mirrors_state),
        dict(row.settings),
        names,
        row.is_on,
        row.tested_at,
        row.test_error,
    )
