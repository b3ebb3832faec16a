"""What every answer of the control room has: strict headers, and one shape for problems."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from golive.kernel.events.queries import last_id
from golive.kernel.log import get_logger
from golive.kernel.problems import Problem

logger = get_logger(__name__)

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
    """Note the newest event before a page is read: its live stream begins after it, so nothing falls between the two."""

    def process_request(self, request: HttpRequest) -> None:
        if request.method == "GET" and not request.path.startswith("/api/"):
            request.META[SEEN] = last_id()


class Problems(MiddlewareMixin):
    """Turn a Problem that a page raised into a page, and log faults (the API has its own handlers)."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Problem):
            logger.error("page_failed", path=request.path, exc_info=exception)
            return None
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse(
                exception.as_json(),
                status=exception.status,
                content_type="application/problem+json",
            )
        return render(request, "ui/problem.html", {"problem": exception}, status=exception.status)
