"""Flask: the WSGI middleware, with the matched rule as the route."""

from typing import Any

from flask import Flask, got_request_exception, request

from golive_app.wsgi import ERROR, ROUTE, Wsgi


def install(app: Flask) -> None:
    """Wraps ``app.wsgi_app`` and names the route of each request."""

    def name_route() -> None:
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule

    def keep_error(_sender: Flask, exception: BaseException, **_extra: Any) -> None:
        request.environ[ERROR] = exception

    app.before_request_funcs.setdefault(None, []).insert(0, name_route)
    got_request_exception.connect(keep_error, app, weak=False)
    app.wsgi_app = Wsgi(app.wsgi_app)  # type: ignore[method-assign]
