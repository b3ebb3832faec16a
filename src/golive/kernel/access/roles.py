"""Roles and actors: each role may do what the ones before it may."""

from dataclasses import dataclass
from enum import IntEnum

from golive.kernel.problems import Problem


class Role(IntEnum):
    """Viewer reads, operator acts on releases and incidents, approver approves, admin manages people."""

    VIEWER = 1
    OPERATOR = 2
    APPROVER = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Actor:
    """Who acts: a person (by session or token), or golive itself."""

    kind: str  # person | golive
    id: str
    name: str
    role: Role
    email: str = ""

    def __str__(self) -> str:
        return self.email or self.name


GOLIVE = Actor("golive", "golive", "golive", Role.ADMIN)


class Unauthenticated(Problem):
    """Nobody is logged in, or the token is wrong, expired or revoked."""

    slug = "unauthenticated"
    title = "Who are you?"
    status = 401
    exit_code = 3


class Forbidden(Problem):
    """The person is known but the role does not allow this."""

    slug = "forbidden"
    title = "Your role does not allow this"
    status = 403
    exit_code = 3


def require(actor: Actor | None, role: Role) -> Actor:
    """Return `actor` when it has at least `role`; raises Unauthenticated or Forbidden."""
    if actor is None:
        raise Unauthenticated(
            "This needs a login.",
            hint="Log in, or send a bearer token.",
        )
    if actor.role < role:
        raise Forbidden(
            f"This needs the role {role.word}; {actor} has {actor.role.word}.",
            hint="Ask an admin for the role, under People.",
        )
    return actor
