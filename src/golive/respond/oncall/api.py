"""On call over the API."""

from datetime import timedelta

from django.http import HttpRequest
from ninja import Field, Router, Schema

from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.respond.oncall import operations, queries

router = Router(tags=["on call"])


class ContactOut(Schema):
    channel: str
    channel_name: str
    kind: str
    address: str
    usable: bool


class ResponderOut(Schema):
    email: str
    name: str
    level: int
    reachable: bool
    contacts: list[ContactOut]


class OnCallOut(Schema):
    level1: list[ResponderOut]
    level2: list[ResponderOut]
    escalate_after_s: float
    resend_after_s: float


class OnCallIn(Schema, extra="forbid"):
    level1: list[str] = Field(description="Mail addresses of people, in order.")
    level2: list[str] = []
    escalate_after_s: float | None = Field(None, ge=10, le=14400)
    resend_after_s: float | None = Field(None, ge=10, le=14400)


class ContactIn(Schema, extra="forbid"):
    channel: str = Field(description="Id or name of a channel.")
    address: str = ""


@router.get("/oncall", response=OnCallOut)
def show(request: HttpRequest) -> OnCallOut:
    """Who is on call now, and how they are reached."""
    require(actor_of(request), Role.VIEWER)
    return _out()


@router.put("/oncall", response=OnCallOut)
def set_list(request: HttpRequest, body: OnCallIn) -> OnCallOut:
    """Say who is on call."""
    actor = require(actor_of(request), Role.OPERATOR)
    operations.set_list(
        by=actor,
        level1=body.level1,
        level2=body.level2,
        escalate_after=_seconds(body.escalate_after_s),
        resend_after=_seconds(body.resend_after_s),
    )
    return _out()


@router.put("/oncall/contacts/{email}", response=list[ContactOut])
def set_contacts(request: HttpRequest, email: str, body: list[ContactIn]) -> list[queries.ContactView]:
    """Set how a person is reached, in the order of trying: one's own, or by an operator anyone's."""
    actor = actor_of(request)
    if actor.email.lower() != email.lower():
        require(actor, Role.OPERATOR)
    operations.set_contacts(by=actor, email=email, contacts=[(one.channel, one.address) for one in body])
    return list(queries.contacts(email))


def _seconds(value: float | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


def _out() -> OnCallOut:
    now = queries.current()
    return OnCallOut(
        level1=[ResponderOut.model_validate(one, from_attributes=True) for one in now.level1],
        level2=[ResponderOut.model_validate(one, from_attributes=True) for one in now.level2],
        escalate_after_s=now.escalate_after.total_seconds(),
        resend_after_s=now.resend_after.total_seconds(),
    )
