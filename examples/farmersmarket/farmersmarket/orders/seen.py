"""A customer's page says which status it shows."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema

from farmersmarket.answers import limits
from farmersmarket.answers.problems import TooMany
from farmersmarket.catalog.schemas import ProblemOut
from farmersmarket.orders import business
from farmersmarket.orders.api import found

router = Router(tags=["orders"])


class SeenIn(Schema):
    status: Literal[
        "PENDING", "CONFIRMED", "PREPARING", "READY", "COLLECTED", "CANCELLED", "REFUNDED"
    ]
    live: bool = False


@router.post(
    "/{order_id}/seen",
    response={204: None, 400: ProblemOut, 404: ProblemOut, 422: ProblemOut, 429: ProblemOut},
    operation_id="order_seen",
)
def seen(request: HttpRequest, order_id: str, body: SeenIn) -> HttpResponse:
    """Takes a ``sendBeacon`` of a tracking page, for the accuracy of tracking."""
    if not limits.count("seen", limits.address(request), most=120, seconds=60):
        raise TooMany("Please wait a minute.", headers={"Retry-After": "60"})
    business.seen(found(order_id), status=body.status, live=body.live, now=timezone.now())
    return HttpResponse(status=204)
