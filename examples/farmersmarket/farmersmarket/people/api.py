"""Who calls the API: a token of a program, or the session of a browser with its CSRF token."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer

from farmersmarket.people.models import Person
from farmersmarket.people.operations import person_of_token


class TokenLogin(HttpBearer):
    """``Authorization: Bearer fm_...``"""

    def authenticate(self, request: HttpRequest, token: str) -> Person | None:
        person = person_of_token(token)
        if person is not None:
            request.user = person
        return person


class SessionLogin(APIKeyCookie):
    """The cookie of the shop; writes need the header ``X-CSRFToken``."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Person | None:
        return request.user if isinstance(request.user, Person) else None


login: list[Any] = [TokenLogin(), SessionLogin(csrf=True)]


def identify(request: HttpRequest) -> None:
    """Lets a valid token, where there is one, say who asks; for operations that need no login."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    person = person_of_token(token) if kind.lower() == "bearer" else None
    if person is not None:
        request.user = person
