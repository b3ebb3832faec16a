"""Channels over the API."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.respond.channels import operations, queries

router = Router(tags=["channels"])


class SettingOut(Schema):
    name: str
    label: str
    secret: bool
    required: bool
    default: str
    choices: list[str]


class KindOut(Schema):
    name: str
    title: str
    addressed: bool
    settings: list[SettingOut]


class ChannelOut(Schema):
    id: str
    name: str
    kind: str
    settings: dict[str, str]
    secrets_set: list[str] = Field(description="Names only; the values never leave golive.")
    is_on: bool
    tested_at: datetime | None
    test_error: str


class ChannelIn(Schema, extra="forbid"):
    name: str = Field(min_length=1, max_length=80)
    kind: str
    settings: dict[str, str] = {}


class ChannelChange(Schema, extra="forbid"):
    settings: dict[str, str] | None = None
    is_on: bool | None = None


class TestIn(Schema, extra="forbid"):
    to: str = Field("", description="A person's address, for kinds that need one.")


class TestOut(Schema):
    provider_id: str
    delivered: bool


@router.get("/channels/kinds", response=list[KindOut])
def list_kinds(request: HttpRequest) -> list[KindOut]:
    """The kinds of channels that can be added, and what they need."""
    require(actor_of(request), Role.VIEWER)
    return [KindOut.model_validate(kind, from_attributes=True) for kind in queries.kinds()]


@router.get("/channels", response=list[ChannelOut])
def list_channels(request: HttpRequest) -> list[queries.ChannelView]:
    """Every channel, without its secrets."""
    require(actor_of(request), Role.VIEWER)
    return queries.channels()


@router.post("/channels", response={201: ChannelOut})
def add_channel(request: HttpRequest, body: ChannelIn) -> Status[queries.ChannelView]:
    """Add a channel."""
    actor = require(actor_of(request), Role.ADMIN)
    added = operations.add(by=actor, name=body.name, kind=body.kind, settings=body.settings)
    return Status(201, queries.get(added))


@router.patch("/channels/{channel}", response=ChannelOut)
def change_channel(request: HttpRequest, channel: str, body: ChannelChange) -> queries.ChannelView:
    """Change a channel; a secret that is left out stays."""
    actor = require(actor_of(request), Role.ADMIN)
    operations.change(by=actor, channel=channel, settings=body.settings, is_on=body.is_on)
    return queries.get(channel)


@router.delete("/channels/{channel}", response={204: None})
def remove_channel(request: HttpRequest, channel: str) -> Status[None]:
    """Remove a channel."""
    operations.remove(by=require(actor_of(request), Role.ADMIN), channel=channel)
    return Status(204, None)


@router.post("/channels/{channel}/test", response=TestOut)
def test_channel(request: HttpRequest, channel: str, body: TestIn) -> TestOut:
    """Send a harmless message now and say what the provider said."""
    actor = require(actor_of(request), Role.OPERATOR)
    receipt = operations.fire_test(by=actor, channel=channel, to=body.to)
    return TestOut(provider_id=receipt.provider_id, delivered=receipt.delivered)
