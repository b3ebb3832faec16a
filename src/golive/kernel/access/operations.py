"""Let people in: accounts, passwords, tokens, one-time links."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from golive.kernel import audit, clock
from golive.kernel.access.models import LoginFailure, LoginLink, Person, Token
from golive.kernel.access.roles import Actor, Role, Unauthenticated
from golive.kernel.problems import Conflict, Invalid, NotFound

LINK_LIFE = timedelta(minutes=30)
FAILURE_WINDOW = timedelta(minutes=15)
MAX_FAILURES = 8
HOW_TO_RENEW = "On golive's machine `golive up` renews the command line's own; make others under People and tokens."


def create_person(*, by: Actor, email: str, name: str, role: Role, password: str | None = None) -> Person:
    """Add a person; without a password they come in by a login link. Raises Conflict, Invalid."""
    _check_email(email)
    if Person.objects.filter(email__iexact=email).exists():
        raise Conflict(f"{email} is here already.", hint="Change the role of the existing person.")
    person = Person(email=email.lower(), name=name or email, role=role, created_at=clock.now())
    _set_password(person, password)
    with transaction.atomic():
        person.save()
        audit.record(actor=str(by), action="person.created", subject=email, facts={"role": role.word})
    return person


def change_person(
    *,
    by: Actor,
    email: str,
    role: Role | None = None,
    active: bool | None = None,
    password: str | None = None,
) -> Person:
    """Change role, standing or password; the last active admin stays one. Raises NotFound, Conflict, Invalid."""
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(email__iexact=email).first()
        if person is None:
            raise NotFound(f"There is no person {email}.")
        demoted = (role is not None and role < Role.ADMIN) or active is False
        if demoted and person.role == Role.ADMIN and not _other_admin(person):
            raise Conflict(f"{email} is the last admin.", hint="Make someone else admin first.")
        if role is not None:
            person.role = role
        if active is not None:
            person.is_active = active
        if password is not None:
            _set_password(person, password)
        person.save()
        audit.record(
            actor=str(by),
            action="person.changed",
            subject=person.email,
            facts={"role": Role(person.role).word, "active": person.is_active, "password": password is not None},
        )
    return person


def create_token(*, by: Actor, person: Person, name: str, life: timedelta | None = None) -> tuple[Token, str]:
    """Return a new token and its secret, which is shown this once."""
    secret = f"golive_{secrets.token_urlsafe(32)}"
    now = clock.now()
    with transaction.atomic():
        token = Token.objects.create(
            person=person,
            name=name,
            digest=_digest(secret),
            created_at=now,
            expires_at=now + life if life else None,
        )
        audit.record(actor=str(by), action="token.created", subject=person.email, facts={"name": name})
    return token, secret


def revoke_token(*, by: Actor, token_id: int) -> None:
    """Make a token useless from now on. Raises NotFound."""
    with transaction.atomic():
        token = Token.objects.select_for_update().filter(pk=token_id).select_related("person").first()
        if token is None:
            raise NotFound("There is no such token.")
        if token.revoked_at is None:
            token.revoked_at = clock.now()
            token.save(update_fields=["revoked_at"])
            audit.record(
                actor=str(by),
                action="token.revoked",
                subject=token.person.email,
                facts={"name": token.name},
            )


def person_of_token(secret: str) -> Person:
    """Return whom a token's secret stands for. Raises Unauthenticated (wrong, expired, revoked)."""
    now = clock.now()
    token = Token.objects.select_related("person").filter(digest=_digest(secret)).first()
    if token is None:
        raise Unauthenticated("This token is not known here.", hint=HOW_TO_RENEW)
    if token.revoked_at is not None or not token.person.is_active:
        raise Unauthenticated("This token was revoked.", hint=HOW_TO_RENEW)
    if token.expires_at is not None and token.expires_at <= now:
        raise Unauthenticated("This token has expired.", hint=HOW_TO_RENEW)
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.person


def create_login_link(*, by: Actor, person: Person) -> str:
    """Return the secret part of a link that logs `person` in once within 30 minutes."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        LoginLink.objects.filter(expires_at__lte=clock.now()).delete()
        LoginLink.objects.create(person=person, digest=_digest(secret), expires_at=clock.now() + LINK_LIFE)
        audit.record(actor=str(by), action="login_link.created", subject=person.email)
    return secret


def use_login_link(secret: str) -> Person:
    """Spend a link. Raises Unauthenticated when it is wrong, spent or too old."""
    now = clock.now()
    with transaction.atomic():
        spent = LoginLink.objects.filter(digest=_digest(secret), used_at=None, expires_at__gt=now).update(used_at=now)
        if not spent:
            raise Unauthenticated(
                "This login link was used already or is too old.",
                hint="Run `golive login --link` for a new one.",
            )
        person = LoginLink.objects.select_related("person").get(digest=_digest(secret)).person
        if not person.is_active:
            raise Unauthenticated("This person is no longer active.")
        audit.record(actor=person.email, action="login", subject=person.email, facts={"by": "link"})
    return person


def log_in_by_password(*, email: str, password: str, address: str) -> Person:
    """Return the person; eight failures in 15 minutes close the door for that e-mail and address. Raises Unauthenticated."""
    now = clock.now()
    if _failures(email, address, now) >= MAX_FAILURES:
        raise Unauthenticated("Too many failed logins.", hint="Wait 15 minutes or use a login link.")
    person = Person.objects.filter(email__iexact=email, is_active=True).first()
    # An unknown address costs as much time as a known one, so that nobody can tell them apart.
    candidate = person or Person(password="")
    if not (candidate.check_password(password) if person else _burn(password)):
        LoginFailure.objects.filter(at__lte=now - FAILURE_WINDOW).delete()
        LoginFailure.objects.create(email=email.lower()[:254], address=address, at=now)
        audit.record(actor=address, action="login.failed", subject=email[:120])
        raise Unauthenticated("E-mail and password do not fit.")
    if person is None:
        raise Unauthenticated("E-mail and password do not fit.")
    audit.record(actor=person.email, action="login", subject=person.email, facts={"by": "password"})
    return person


def _burn(password: str) -> bool:
    Person().set_password(password)
    return False


def _failures(email: str, address: str, now: datetime) -> int:
    recent = LoginFailure.objects.filter(at__gt=now - FAILURE_WINDOW)
    return max(recent.filter(email=email.lower()[:254]).count(), recent.filter(address=address).count() // 4)


def _other_admin(person: Person) -> bool:
    return Person.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=person.pk).exists()


def _check_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(f"{email!r} is not an e-mail address.") from error


def _set_password(person: Person, password: str | None) -> None:
    if password is None:
        if not person.password:
            person.set_unusable_password()
        return
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), hint="Choose a longer, less common password.") from error
    person.set_password(password)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
