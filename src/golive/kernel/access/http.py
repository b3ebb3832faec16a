"""Who is asking: the actor of a request, by session or bearer token, for the API and the pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import urlencode
from ninja.security import HttpBearer, SessionAuth

from golive.kernel.access import operations
from golive.kernel.access.models import Person
from golive.kernel.access.roles import Actor, Role, Unauthenticated, require

View = Callable[..., HttpResponseBase]


class BearerToken(HttpBearer):
    """`Authorization: Bearer golive_…`."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:  # noqa: ARG002
        return operations.person_of_token(token).actor


class SessionCookie(SessionAuth):
    """The control room's own session; CSRF is checked."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:  # noqa: ARG002
        return session_actor(request)


auth: list[Callable[..., Any]] = [BearerToken(), SessionCookie()]


def session_actor(request: HttpRequest) -> Actor | None:
    """Return the person of the session, None when nobody is logged in."""
    user = request.user
    return user.actor if isinstance(user, Person) and user.is_active else None


def actor_of(request: HttpRequest) -> Actor:
    """Return who makes this API request. Raises Unauthenticated."""
    actor = getattr(request, "auth", None) or session_actor(request)
    if not isinstance(actor, Actor):
        raise Unauthenticated("This needs a login.", hint="Log in, or send a bearer token.")
    return actor


def start_session(request: HttpRequest, person: Person) -> None:
    """Log `person` into the session of this browser, under a new session key."""
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")


def page(role: Role = Role.VIEWER) -> Callable[[View], View]:
    """Guard a page: without a session to the login; with too small a role a 403 page.

    The view finds who asks by `page_actor(request)`.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = session_actor(request)
            if actor is None:
                return redirect(f"/login?{urlencode({'next': request.get_full_path()})}")
            require(actor, role)
            return view(request, *args, **kwargs)

        return guarded

    return guard


def page_actor(request: HttpRequest) -> Actor:
    """Return who looks at a guarded page. Raises Unauthenticated."""
    return require(session_actor(request), Role.VIEWER)
