"""Middleware for WSGI apps. An app names its route by ``environ["golive_app.route"]``."""

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any

from golive_app import health, telemetry
from golive_app.routes import HEADER, template

ROUTE = "golive_app.route"
ERROR = "golive_app.error"
Environ = dict[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None
_REASONS = {200: "200 OK", 500: "500 Internal Server Error", 503: "503 Service Unavailable"}


class Wsgi:
    """Answers the two health paths itself, labels every answer of the app with its route, and traces it."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ.get("REQUEST_METHOD", "GET"), environ.get("PATH_INFO", "")
        answer = health.answer(method, path)
        if answer is not None:
            start_response(_REASONS[answer.status], answer.headers)
            return [b"" if method == "HEAD" else answer.body]
        seen = {"status": 500}

        def labelled(status: str, headers: list[tuple[str, str]], exc_info: ExcInfo = None) -> Any:
            seen["status"] = int(status.split(" ", 1)[0])
            route = environ.get(ROUTE)
            added = [(HEADER, template(route))] if route else []
            return start_response(status, [*headers, *added], *((exc_info,) if exc_info else ()))

        request = telemetry.Request(
            method, path, {name: environ[key] for name, key in _CONTEXT.items() if key in environ}
        )
        try:
            with request:
                body = self._app(environ, labelled)
        except BaseException:
            _end(request, environ, 500)
            raise
        return _Closing(body, lambda: _end(request, environ, seen["status"]))


_CONTEXT = {
    "traceparent": "HTTP_TRACEPARENT",
    "tracestate": "HTTP_TRACESTATE",
    "baggage": "HTTP_BAGGAGE",
}


def _end(request: telemetry.Request, environ: Environ, status: int) -> None:
    if isinstance(environ.get(ERROR), BaseException):
        request.failed(environ[ERROR])
    request.end(status, template(environ[ROUTE]) if environ.get(ROUTE) else "")


class _Closing:
    """The app's body, with a call after its own ``close`` (PEP 3333)."""

    def __init__(self, body: Iterable[bytes], after: Callable[[], None]) -> None:
        self._body = body
        self._after = after

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._after()
