"""What the market tells about itself: how long its API takes, what its business does, and what went wrong."""

import os
import time
from collections.abc import Callable
from typing import Any

import golive_app
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from golive_app.hiding import cleaned
from golive_app.routes import template

from farmersmarket.orders.marks import hidden

# Django writes the path of each refused request into the log, and an exception may quote what it was about.
golive_app.hide(hidden)

_response_time = golive_app.histogram(
    "api_response_time_seconds", unit="s", description="Time to answer a call of the API"
)
_events = golive_app.counter(
    "business_events_total", description="Sign-ups, sessions, orders, searches and uses of features"
)


def route_of(request: HttpRequest) -> str:
    """The template of the route that a request matched, "" for none. Its path may hold an order's id, this never does."""
    match = request.resolver_match
    return template(match.route) if match else ""


def happened(event: str, *, feature: str = "") -> None:
    """Counts a business event: ``sign_up``, ``session``, ``order``, ``search``, ``feature``. No person is in it."""
    _events.record(1, event=event, feature=feature)


class ApiTimes:
    """Measures each call of the API by method, route and status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        begun = time.monotonic()
        response = self._get_response(request)
        if request.path.startswith("/api/"):
            _response_time.record(
                time.monotonic() - begun,
                method=request.method or "",
                # Not the path: there would be as many series as there are orders.
                route=route_of(request),
                status_code=response.status_code,
            )
        return response


def _cleaned(event: Any, hint: object) -> Any:
    # With its breadcrumbs, the address of the request and where that came from.
    return cleaned(event)


def watch_errors() -> None:
    """Sends errors to a Sentry, or to what takes the same, when ``SENTRY_DSN`` is set; no personal data."""
    dsn = os.environ.get("SENTRY_DSN")
    if not dsn:
        return
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration

    from farmersmarket.environment import release

    sentry_sdk.init(
        dsn=dsn,
        release=release(),
        environment=os.environ.get("SENTRY_ENVIRONMENT"),
        send_default_pii=False,
        include_local_variables=False,
        before_send=_cleaned,
        before_send_transaction=_cleaned,
        max_request_body_size="never",
        traces_sample_rate=float(os.environ.get("SENTRY_TRACES_SAMPLE_RATE", "0")),
        integrations=[DjangoIntegration(middleware_spans=False)],
    )
