"""Who may open a page."""

import logging
from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from farmersmarket.people.models import Person
from farmersmarket.telemetry import route_of

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]


def person_of(request: HttpRequest) -> Person:
    """Whoever is logged in, where nobody else is let in."""
    assert isinstance(request.user, Person)
    return request.user


def only(*roles: str) -> Callable[[View], View]:
    """Lets people with one of ``roles`` in; others are told so, and it is logged."""

    def around(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not isinstance(request.user, Person) or request.user.role not in roles:
                log.warning(
                    "authorization_denied",
                    extra={"route": route_of(request), "person": request.user.pk},
                )
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return login_required(checked)

    return around
