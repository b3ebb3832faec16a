"""Reads of the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Min, Q, QuerySet

from farmersmarket.cache.kept import kept
from farmersmarket.catalog import edition, searching
from farmersmarket.catalog.models import PickupSlot, Product, Stall
from farmersmarket.full_text import words_of
from farmersmarket.telemetry import happened

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
    asked = words_of(words)
    if asked:
        happened("search")
    key = (edition.current(), asked, category, page, size)
    rows = kept("products", key, lambda: _browsed(asked, category, page, size))
    return in_stock_now(rows[:size]), len(rows) > size


def _browsed(words: list[str], category: str, page: int, size: int) -> list[Product]:
    found = on_sale().prefetch_related("images")
    if category:
        found = found.filter(category=category)
    start = (page - 1) * size
    rows = _rows(found, words, start, size + 1)
    return rows if rows or not words else _rows(found, searching.respelled(words), start, size + 1)


def _rows(found: QuerySet[Product], words: list[str], start: int, most: int) -> list[Product]:
    matching = searching.containing(found, words)
    return list(matching.order_by("name", "id")[start : start + most])


def in_stock_now(products: list[Product]) -> list[Product]:
    """Kept products with the stock of this moment: orders change it too often to begin an edition each time."""
    ids = [product.id for product in products]
    stock = dict(Product.objects.filter(id__in=ids).values_list("id", "stock")) if ids else {}
    for product in products:
        product.stock = stock.get(product.id, 0)
    return products


def listed_stalls() -> list[Stall]:
    """All stalls of the market by name, with ``offers``."""
    return kept("stalls", edition.current(), lambda: list(stalls()))


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
