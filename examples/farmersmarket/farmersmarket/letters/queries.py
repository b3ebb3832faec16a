"""Reads of letters."""

from collections.abc import Sequence
from dataclasses import dataclass

from farmersmarket.catalog.models import Stall
from farmersmarket.letters.models import CUSTOMER, FARMER, Letter
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person

SHOWN = 50


@dataclass(frozen=True)
class Conversation:
    """What was written between an order's customer and one stall; ``mine`` is the reader's side."""

    order: Order
    stall: Stall
    letters: Sequence[Letter]
    mine: str


def of_order(order: Order, farmer: Person | None) -> list[Conversation]:
    """One conversation for each stall of an order; a farmer sees only those of their own stalls."""
    stalls = Stall.objects.filter(products__orderline__order=order).distinct().order_by("name")
    if farmer is not None:
        stalls = stalls.filter(farmer=farmer)
    written: dict[int, list[Letter]] = {}
    for letter in Letter.objects.filter(order=order).order_by("id")[:500]:
        written.setdefault(letter.stall_id, []).append(letter)
    side = CUSTOMER if farmer is None else FARMER
    return [
        Conversation(order, stall, written.get(stall.id, [])[-SHOWN:], side) for stall in stalls
    ]


def to_answer(farmer: Person) -> list[Conversation]:
    """Conversations that wait for this farmer, oldest first, the first fifty."""
    waiting = (
        Letter.objects.filter(stall__farmer=farmer, author=CUSTOMER, settled=False)
        .select_related("order", "stall")
        .order_by("id")[:200]
    )
    found: dict[tuple[str, int], list[Letter]] = {}
    for letter in waiting:
        found.setdefault((letter.order_id, letter.stall_id), []).append(letter)
    return [
        Conversation(letters[0].order, letters[0].stall, letters, FARMER)
        for letters in list(found.values())[:SHOWN]
    ]
