"""Reads of the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Min, Q, QuerySet

from farmersmarket.catalog.models import PickupSlot, Product, Stall

PAGE = 12


@dataclass(frozen=True)
class Window:
    """A pickup time that every stall of a cart still has room for."""

    starts_at: datetime
    ends_at: datetime


def on_sale() -> QuerySet[Product]:
    """Products that can be bought, with their stall."""
    return Product.objects.filter(archived=False, stall__verified=True).select_related("stall")


def browse(
    *, words: str = "", category: str = "", page: int = 1, size: int = PAGE
) -> tuple[list[Product], bool]:
    """One page of products by name, and whether there are more."""
    found = on_sale()
    for word in words.split()[:5]:
        found = found.filter(
            Q(name__icontains=word)
            | Q(description__icontains=word)
            | Q(stall__name__icontains=word)
        )
    if category:
        found = found.filter(category=category)
    start = (page - 1) * size
    rows = list(found.order_by("name", "id")[start : start + size + 1])
    return rows[:size], len(rows) > size


def stalls() -> QuerySet[Stall]:
    """Verified stalls with ``offers``, how many products each has."""
    return (
        Stall.objects.filter(verified=True)
        .annotate(offers=Count("products", filter=Q(products__archived=False)))
        .order_by("name")
    )


def windows(stall_ids: Sequence[int], now: datetime) -> list[Window]:
    """The next pickup times for which all of these stalls have room."""
    rows = (
        PickupSlot.objects.filter(
            stall_id__in=stall_ids, starts_at__gt=now, booked__lt=F("capacity")
        )
        .values("starts_at")
        .annotate(stalls=Count("id"), ends_at=Min("ends_at"))
        .filter(stalls=len(set(stall_ids)))
        .order_by("starts_at")[:12]
    )
    return [Window(row["starts_at"], row["ends_at"]) for row in rows]
