"""What every page knows about itself, and what a browser keeps for the time without a network."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from farmersmarket.telemetry import route_of


def page(request: HttpRequest) -> dict[str, object]:
    """For every page: its route and release, and whether it may be kept for the time without a network."""
    return {
        "route": route_of(request),
        "release": settings.RELEASE,
        "service_worker": settings.SERVICE_WORKER,
    }


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker of this release; with ``SERVICE_WORKER=off`` one that removes itself and what it kept."""
    name = "market/worker.js" if settings.SERVICE_WORKER else "market/worker_gone.js"
    response = render(request, name, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Shown for pages that cannot be had without a network; the worker keeps it as nobody in particular."""
    return render(request, "market/offline.html")
