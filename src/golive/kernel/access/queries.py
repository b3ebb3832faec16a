"""Reading people and tokens."""

from dataclasses import dataclass
from datetime import datetime

from golive.kernel.access.models import Person, Token
from golive.kernel.access.roles import Role
from golive.kernel.problems import NotFound


@dataclass(frozen=True)
class PersonRow:
    """A person as lists show them."""

    email: str
    name: str
    role: str
    active: bool
    created_at: datetime
    last_login: datetime | None


@dataclass(frozen=True)
class TokenRow:
    """A token as lists show it: never its secret."""

    id: int
    name: str
    person: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def people() -> list[PersonRow]:
    """Return everyone, by name."""
    return [
        PersonRow(p.email, p.name, Role(p.role).word, p.is_active, p.created_at, p.last_login)
        for p in Person.objects.order_by("name")
    ]


def tokens(email: str = "") -> list[TokenRow]:
    """Return the tokens of one person, or of everyone, newest first."""
    rows = Token.objects.select_related("person")
    return [
        TokenRow(t.pk, t.name, t.person.email, t.created_at, t.expires_at, t.last_used_at, t.revoked_at)
        for t in (rows.filter(person__email__iexact=email) if email else rows)
    ]


def person(email: str) -> Person:
    """Return one person. Raises NotFound."""
    found = Person.objects.filter(email__iexact=email).first()
    if found is None:
        raise NotFound(f"There is no person {email}.")
    return found
