"""Web vitals that browsers measure: received, checked, and passed on as metrics and log events."""

import logging
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Literal

import golive_app
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, get_resolver
from golive_app.routes import template
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from farmersmarket.answers import limits
from farmersmarket.answers.problems import TooMany
from farmersmarket.catalog.schemas import ProblemOut

MOST = 240
RELEASES = 8
# Good up to, poor beyond: https://web.dev/articles/vitals. CLS has no unit, the others are milliseconds.
BOUNDS = {
    "LCP": (2500, 4000),
    "INP": (200, 500),
    "FID": (100, 300),
    "CLS": (0.1, 0.25),
    "FCP": (1800, 3000),
    "TTFB": (800, 1800),
}
log = logging.getLogger(__name__)
router = Router(tags=["metrics"])
_times = golive_app.histogram("web_vital_milliseconds", unit="ms", description="Web vitals in time")
_shifts = golive_app.histogram("web_vital_layout_shift", unit="1", description="CLS of pages")
_ratings = golive_app.counter("web_vital_ratings_total", description="Web vitals by rating")
_releases: set[str] = set()


class VitalIn(Schema):
    model_config = ConfigDict(extra="forbid")
    name: Literal["LCP", "INP", "FID", "CLS", "FCP", "TTFB"]
    value: Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)]


class BeaconIn(Schema):
    """What one page view sends when it is left."""

    model_config = ConfigDict(extra="forbid")
    page: Annotated[str, Field(max_length=100)]
    device: Literal["phone", "tablet", "desktop"]
    release: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,39}$")]
    vitals: Annotated[list[VitalIn], Field(min_length=1, max_length=10)]


@router.post(
    "",
    response={204: None, 400: ProblemOut, 422: ProblemOut, 429: ProblemOut},
    operation_id="vitals",
)
def receive(request: HttpRequest, body: BeaconIn) -> HttpResponse:
    """Takes a ``sendBeacon`` of a page: what it measured, by page, device and release."""
    if not limits.count("beacon", limits.address(request), most=MOST, seconds=60):
        raise TooMany("Please wait a minute.", headers={"Retry-After": "60"})
    facts = {
        "page": body.page if body.page in _routes() else "other",
        "device": body.device,
        "release": _known(body.release),
    }
    for vital in body.vitals:
        _pass_on(vital, facts)
    return HttpResponse(status=204)


def rating(name: str, value: float) -> str:
    """``good``, ``needs-improvement`` or ``poor``."""
    good, poor = BOUNDS[name]
    return "good" if value <= good else "poor" if value > poor else "needs-improvement"


def _pass_on(vital: VitalIn, facts: dict[str, str]) -> None:
    word = rating(vital.name, vital.value)
    (_shifts if vital.name == "CLS" else _times).record(vital.value, vital=vital.name, **facts)
    _ratings.record(1, vital=vital.name, rating=word, **facts)
    log.info(
        "web_vital",
        extra={"vital": vital.name, "value": round(vital.value, 4), "rating": word, **facts},
    )


@cache
def _routes() -> frozenset[str]:
    entries: Iterable[object] = get_resolver().url_patterns
    return frozenset(
        template(str(entry.pattern)) for entry in entries if isinstance(entry, URLPattern)
    )


def _known(release: str) -> str:
    # Whoever sends made-up names may not make ever new series of them.
    if release != settings.RELEASE and release not in _releases:
        if len(_releases) >= RELEASES:
            return "other"
        _releases.add(release)
    return release
