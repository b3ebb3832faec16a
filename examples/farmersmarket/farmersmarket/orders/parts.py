"""The parts of an order: what each stall hands over, and how far it is with that. From rows that are there already."""

from collections.abc import Iterable
from dataclasses import dataclass

from farmersmarket.catalog.models import Stall
from farmersmarket.orders import domain
from farmersmarket.orders.models import Order, OrderEvent, OrderLine


@dataclass(frozen=True)
class Part:
    """One stall's part of an order."""

    stall: Stall
    status: str


def parts(order: Order, lines: Iterable[OrderLine], events: Iterable[OrderEvent]) -> list[Part]:
    """Each stall's part by the stall's name; ``lines`` with their products' stalls, ``events`` oldest first."""
    said = {event.stall_id: event.part for event in events if event.part}
    stalls = {line.product.stall_id: line.product.stall for line in lines}
    return [
        Part(stall, domain.part(order.status, said.get(stall.id, "")))
        for stall in sorted(stalls.values(), key=lambda stall: (stall.name, stall.id))
    ]


def parts_of(order: Order) -> list[Part]:
    """The same, asked: two queries."""
    return parts(order, order.lines.select_related("product__stall"), order.events.all())


def steps(events: Iterable[OrderEvent]) -> list[OrderEvent]:
    """Those of an order's events, oldest first, at which the whole order moved."""
    found: list[OrderEvent] = []
    for event in events:
        if not found or found[-1].status != event.status:
            found.append(event)
    return found
