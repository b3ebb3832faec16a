"""What every answer of the control room has: strict headers, and one shape for problems."""

import json
import sys

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin

from golive.kernel.events.queries import settled_id
from golive.runtime.faults import DatabaseAway, Unforeseen, headers_of, problem_of

SEEN = "golive.seen"
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# Swagger UI brings inline code of its own; it is served locally and sees nothing that its user may not see.
DOCS_POLICY = POLICY.replace("default-src 'self'", "default-src 'self' 'unsafe-inline'")


class SecurityHeaders(MiddlewareMixin):
    """Content Security Policy without inline code, framing denied, nothing cached that is private."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        policy = DOCS_POLICY if request.path == "/api/v1/docs" else POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class Seen(MiddlewareMixin):
    """Note where the event log stands before a page is read: its live stream begins there, so nothing falls between the two."""

    def process_request(self, request: HttpRequest) -> None:
        if request.method == "GET" and not request.path.startswith("/api/"):
            request.META[SEEN] = settled_id()


class Problems(MiddlewareMixin):
    """Turn what a page raised into a page (the API has its own handlers)."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        return answer(request, exception)


def on_fault(request: HttpRequest) -> HttpResponse:
    """Answer what a middleware raised; Django calls this while it handles the exception."""
    return answer(request, sys.exc_info()[1] or RuntimeError("a fault without an exception"))


def answer(request: HttpRequest, fault: BaseException) -> HttpResponse:
    """Return the page of a problem, or problem+json to whoever asks for it."""
    problem = problem_of(request, fault)
    headers = headers_of(problem)
    if request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(json.dumps(problem.as_json(), default=str), status=problem.status, headers=headers)
    del headers["Content-Type"]
    if isinstance(problem, Unforeseen):
        page = render_to_string("500.html")
    elif isinstance(problem, DatabaseAway):
        page = render_to_string("ui/problem.html", {"problem": problem})  # with the request it would ask who is there
    else:
        page = render_to_string("ui/problem.html", {"problem": problem}, request)
    return HttpResponse(page, status=problem.status, headers=headers)
