"""People and tokens over the API."""

from datetime import datetime, timedelta
from typing import Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from golive.kernel.access import operations, queries
from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require

router = Router(tags=["people"])
RoleName = Literal["viewer", "operator", "approver", "admin"]


class PersonOut(Schema):
    email: str
    name: str
    role: RoleName
    active: bool
    created_at: datetime
    last_login: datetime | None


class PersonIn(Schema, extra="forbid"):
    email: str
    name: str = ""
    role: RoleName = "viewer"
    password: str | None = Field(None, min_length=12)


class PersonChange(Schema, extra="forbid"):
    role: RoleName | None = None
    active: bool | None = None
    password: str | None = Field(None, min_length=12)


class TokenOut(Schema):
    id: int
    name: str
    person: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenIn(Schema, extra="forbid"):
    name: str = Field(min_length=1, max_length=80)
    days: int | None = Field(None, ge=1, le=3650)
    person: str = Field("", description="Whose token; empty: your own. Others' need the role admin.")


class NewToken(Schema):
    id: int
    name: str
    token: str = Field(description="Shown this once.")


class Me(Schema):
    email: str
    name: str
    role: RoleName


class Link(Schema):
    path: str = Field(description="Open it once in a browser, within 30 minutes.")


@router.get("/me", response=Me)
def me(request: HttpRequest) -> Me:
    """Who this token or session stands for."""
    actor = actor_of(request)
    return Me(email=actor.email, name=actor.name, role=actor.role.word)  # type: ignore[arg-type]


@router.get("/people", response=list[PersonOut])
def list_people(request: HttpRequest) -> list[queries.PersonRow]:
    """Everyone who may log in."""
    require(actor_of(request), Role.VIEWER)
    return queries.people()


@router.post("/people", response={201: PersonOut})
def add_person(request: HttpRequest, body: PersonIn) -> Status[queries.PersonRow]:
    """Add a person."""
    actor = require(actor_of(request), Role.ADMIN)
    operations.create_person(
        by=actor,
        email=body.email,
        name=body.name,
        role=Role[body.role.upper()],
        password=body.password,
    )
    return Status(201, next(row for row in queries.people() if row.email == body.email.lower()))


@router.patch("/people/{email}", response=PersonOut)
def change_person(request: HttpRequest, email: str, body: PersonChange) -> queries.PersonRow:
    """Change role, standing or password."""
    actor = require(actor_of(request), Role.ADMIN)
    operations.change_person(
        by=actor,
        email=email,
        role=Role[body.role.upper()] if body.role else None,
        active=body.active,
        password=body.password,
    )
    return next(row for row in queries.people() if row.email == email.lower())


@router.post("/people/{email}/login-link", response={201: Link})
def make_login_link(request: HttpRequest, email: str) -> Status[Link]:
    """Make a link that logs this person in once; for oneself, or by an admin."""
    actor = actor_of(request)
    if actor.email.lower() != email.lower():
        require(actor, Role.ADMIN)
    secret = operations.create_login_link(by=actor, person=queries.person(email))
    return Status(201, Link(path=f"/login/{secret}"))


@router.get("/tokens", response=list[TokenOut])
def list_tokens(request: HttpRequest) -> list[queries.TokenRow]:
    """Your tokens; an admin sees everyone's."""
    actor = actor_of(request)
    return queries.tokens("" if actor.role == Role.ADMIN else actor.email)


@router.post("/tokens", response={201: NewToken})
def add_token(request: HttpRequest, body: TokenIn) -> Status[NewToken]:
    """Make a token; its secret is in this answer and nowhere else."""
    actor = actor_of(request)
    email = body.person or actor.email
    if email.lower() != actor.email.lower():
        require(actor, Role.ADMIN)
    token, secret = operations.create_token(
        by=actor,
        person=queries.person(email),
        name=body.name,
        life=timedelta(days=body.days) if body.days else None,
    )
    return Status(201, NewToken(id=token.pk, name=token.name, token=secret))


@router.delete("/tokens/{token_id}", response={204: None})
def revoke_token(request: HttpRequest, token_id: int) -> Status[None]:
    """Revoke a token: your own, or by an admin anyone's."""
    actor = actor_of(request)
    if actor.role < Role.ADMIN and token_id not in {row.id for row in queries.tokens(actor.email)}:
        require(actor, Role.ADMIN)
    operations.revoke_token(by=actor, token_id=token_id)
    return Status(204, None)
