"""Orders over HTTP. Whoever has an order's unguessable id acts as its customer; farmers and admins log in."""

from datetime import datetime
from typing import Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from farmersmarket.orders import operations
from farmersmarket.orders.domain import Role
from farmersmarket.orders.models import Order
from farmersmarket.orders.parts import parts, steps
from farmersmarket.people.api import identify
from farmersmarket.people.models import Person
from farmersmarket.people.roles import person_of

router = Router(tags=["orders"])


class StatusIn(Schema):
    status: Literal["CONFIRMED", "PREPARING", "READY", "COLLECTED", "CANCELLED", "REFUNDED"]


class EventOut(Schema):
    status: str
    at: datetime


class PartOut(Schema):
    stall: str
    name: str
    status: str


class OrderOut(Schema):
    id: str
    number: str
    status: str
    total_cents: int
    pickup_at: datetime
    events: list[EventOut]
    stalls: list[PartOut]


@router.get("/{order_id}", response=OrderOut)
def read(request: HttpRequest, order_id: str) -> dict[str, object]:
    return _shown(found(order_id))


@router.put("/{order_id}/status", response=OrderOut)
def change_status(request: HttpRequest, order_id: str, body: StatusIn) -> dict[str, object]:
    """Takes an order one step; a farmer takes the part of their own stalls, and the order is as far as the slowest."""
    identify(request)
    return _shown(move(request, found(order_id), body.status))


def move(request: HttpRequest, order: Order, wanted: str) -> Order:
    """Takes an order one step in the name of this visitor. Raises as ``operations.change_status``."""
    role = role_for(request, order)
    return operations.change_status(
        order_id=order.id,
        wanted=wanted,
        role=role,
        actor="customer" if role == "customer" else str(request.user),
        farmer=person_of(request) if role == "farmer" else None,
        now=timezone.now(),
    )


def role_for(request: HttpRequest, order: Order) -> Role:
    """The part that this visitor plays for this order."""
    person = request.user
    if isinstance(person, Person):
        if person.role == Person.Role.ADMIN:
            return "admin"
        if (
            person.role == Person.Role.FARMER
            and order.lines.filter(product__stall__farmer=person).exists()
        ):
            return "farmer"
    return "customer"


def found(order_id: str) -> Order:
    """The order with this id. Raises ``Http404``, for what can be no id without asking the database."""
    order = Order.objects.filter(id=order_id).first() if order_id.isalnum() else None
    if order is None:
        raise Http404
    return order


def _shown(order: Order) -> dict[str, object]:
    events = list(order.events.all())
    lines = order.lines.select_related("product__stall")
    return {
        "id": order.id,
        "number": order.number,
        "status": order.status,
        "total_cents": order.total_cents,
        "pickup_at": order.pickup_at,
        "events": [{"status": event.status, "at": event.at} for event in steps(events)],
        "stalls": [
            {"stall": part.stall.slug, "name": part.stall.name, "status": part.status}
            for part in parts(order, lines, events)
        ],
    }
