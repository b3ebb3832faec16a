"""Writes about people: sign-up, login with a limit on guesses, tokens."""

import hashlib
import logging
import secrets
from datetime import datetime

from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
from django.utils.text import slugify

from farmersmarket.answers import limits
from farmersmarket.catalog.models import Stall
from farmersmarket.people.models import ApiToken, Person
from farmersmarket.telemetry import happened

log = logging.getLogger(__name__)
GUESSES = 5
GUESSES_OF_AN_ADDRESS = 50
PAUSE = 300


class TooManyGuesses(Exception):  # noqa: N818
    """Five wrong passwords for one person, or fifty from one address, within five minutes."""


class EmailTaken(Exception):  # noqa: N818
    """Somebody signed up with this address before."""


def sign_up(*, email: str, password: str, name: str, stall: str = "", town: str = "") -> Person:
    """A new customer; with ``stall`` a farmer, whose stall opens once an admin has verified it. Raises ``EmailTaken``."""
    role = Person.Role.FARMER if stall else Person.Role.CUSTOMER
    try:
        with transaction.atomic():
            person = Person.objects.create_user(email, password, name=name, role=role)
            if stall:
                slug = f"{slugify(stall)[:38] or 'stall'}-{secrets.token_hex(3)}"
                Stall.objects.create(slug=slug, name=stall, town=town, farmer=person)
    except IntegrityError as error:
        raise EmailTaken("This address is taken. Log in, or ask for a new password.") from error
    happened("sign_up", feature=role)
    log.info("signed_up", extra={"person": person.pk, "role": role})
    return person


def check_password(*, email: str, password: str, address: str) -> Person | None:
    """The person, or None for a wrong password. Raises ``TooManyGuesses``; a right password counts no guess."""
    guessed = _guessed(email)
    mine = limits.count("login", guessed, most=GUESSES, seconds=PAUSE)
    if not mine or not limits.count(
        "login-from", address, most=GUESSES_OF_AN_ADDRESS, seconds=PAUSE
    ):
        raise TooManyGuesses("Too many tries. Please wait five minutes, or ask for a new password.")
    person = authenticate(username=email.lower(), password=password)
    if isinstance(person, Person):
        limits.clear("login", guessed)
        return person
    log.warning("authentication_failed", extra={"email_digest": guessed})
    return None


def forgive(person: Person) -> None:
    """Forgets wrong passwords: whoever has just chosen a new one by mail may use it."""
    limits.clear("login", _guessed(person.email))


def _guessed(email: str) -> str:
    # Keyed: addresses are few enough to try them all against a plain digest in a log.
    return salted_hmac("login", email.lower(), algorithm="sha256").hexdigest()[:24]


def create_token(*, person: Person, name: str, now: datetime) -> str:
    """A new token; it is shown this once."""
    token = f"fm_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(person=person, name=name, digest=_digest(token), created_at=now)
    return token


def person_of_token(token: str) -> Person | None:
    """Whose token this is, None for an unknown one and for people who may no longer log in."""
    found = (
        ApiToken.objects.select_related("person")
        .filter(digest=_digest(token), person__is_active=True)
        .first()
    )
    return found.person if found else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
