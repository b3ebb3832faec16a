"""Django: ``MIDDLEWARE = ["golive_app.django.Middleware", ...]``, first in the list.

It answers the health paths before hosts, redirects and sessions are looked at, so that a probe needs no
``Host`` header of the site and no database session.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from golive_app import checks, health, telemetry
from golive_app.routes import HEADER, template


class Middleware:
    """Health, readiness, route label and a server span with one span a database query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        checks.registry.add("database", database)
        self._traced = telemetry.start()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        method = request.method or "GET"
        answer = health.answer(method, request.path)
        if answer is not None:
            response = HttpResponse(answer.body, status=answer.status)
            for name, value in answer.headers:
                response[name] = value
            return response
        with (
            telemetry.Request(method, request.path, request.headers) as served,
            ExitStack() as queries,
        ):
            request.golive_served = served  # type: ignore[attr-defined]
            if self._traced:
                for connection in connections.all():
                    queries.enter_context(connection.execute_wrapper(_query_span))
            answered = self._get_response(request)
            route = _route(request)
            if route:
                answered.headers[HEADER] = route
            served.end(answered.status_code, route)
            return answered

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Keeps an exception of a view that Django turns into an answer."""
        request.golive_served.failed(exception)  # type: ignore[attr-defined]


def database() -> None:
    """The default database answers a query. Its connection is of this check's own thread, closed at once."""
    connection = connections["default"]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return template(match.route) if match is not None else ""


def _query_span(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    text = sql[:2000] if isinstance(sql, str) else ""  # psycopg composes objects, which hold values too
    operation = next(iter(text.split(None, 1)), "QUERY").upper()
    with telemetry.span(operation, db__system__name=context["connection"].vendor, db__query__text=text):
        return execute(sql, params, many, context)
