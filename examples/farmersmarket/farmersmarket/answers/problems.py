"""Errors of the API as RFC 9457 problem documents."""

import json
from typing import ClassVar

from django.http import HttpResponse


class Problem(Exception):  # noqa: N818
    """An error that a client can act on; ``headers`` go out with it."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = "Bad request"

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.headers = headers or {}


class LoginNeeded(Problem):
    status, title = 401, "Login needed"


class Forbidden(Problem):
    status, title = 403, "Forbidden"


class NotFound(Problem):
    status, title = 404, "Not found"


class Conflict(Problem):
    status, title = 409, "Conflict"


class VersionChanged(Problem):
    status, title = 412, "Changed in the meantime"


class Invalid(Problem):
    status, title = 422, "Invalid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.errors = [{"field": field, "message": message}]


class VersionNeeded(Problem):
    status, title = 428, "If-Match needed"


class TooMany(Problem):
    status, title = 429, "Too many requests"


class Unavailable(Problem):
    """Something that the market needs for this does not answer; the rest of it goes on."""

    status, title = 503, "Unavailable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "30"})


def document(status: int, title: str, detail: str, **more: object) -> HttpResponse:
    """The answer for one problem."""
    facts = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return HttpResponse(json.dumps(facts), status=status, content_type="application/problem+json")


def answer(problem: Problem) -> HttpResponse:
    """The answer for a raised problem."""
    more = {"errors": problem.errors} if isinstance(problem, Invalid) else {}
    response = document(problem.status, problem.title, str(problem), **more)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response
