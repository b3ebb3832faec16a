"""The one call: looks at what it was given and wraps it."""

import inspect
from typing import Any

from golive_app import logs, telemetry


def setup(app: Any, *, json_logs: bool = True) -> Any:
    """Gives ``app`` health, readiness, route labels and telemetry; returns the app to serve.

    A Flask app is changed in place and returned; an ASGI or WSGI callable is wrapped. Raises ``TypeError`` for
    anything else.
    """
    if json_logs:
        logs.install()
    telemetry.start()
    if hasattr(app, "wsgi_app") and hasattr(app, "url_map"):
        from golive_app.flask import install

        install(app)
        return app
    if _is_asgi(app):
        from golive_app.asgi import Asgi

        return Asgi(app)
    if callable(app):
        from golive_app.wsgi import Wsgi

        return Wsgi(app)
    raise TypeError(f"golive_app.setup takes a Flask, ASGI or WSGI app, not {type(app).__name__}")


def _is_asgi(app: Any) -> bool:
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)
