"""Filtered, sorted lists of products behind an opaque cursor, and a search that forgives a typo."""

import base64
import binascii
import json
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from farmersmarket.answers.problems import Invalid
from farmersmarket.cache.kept import kept
from farmersmarket.catalog import edition, searching
from farmersmarket.catalog.models import Product
from farmersmarket.catalog.queries import in_stock_now, on_sale
from farmersmarket.full_text import words_of
from farmersmarket.telemetry import happened

SORTS = {
    "name": ("name", False),
    "price": ("price_cents", False),
    "-price": ("price_cents", True),
    "newest": ("id", True),
}


@dataclass(frozen=True)
class Filter:
    """What is wanted; None does not filter."""

    category: str | None = None
    stall: str | None = None
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool | None = None
    organic: bool | None = None


def page(wanted: Filter, *, sort: str, cursor: str, limit: int) -> tuple[list[Product], str]:
    """One page and the cursor of the next, "" on the last. Raises ``Invalid`` for a cursor that was not given out."""
    after = _opened(cursor, sort) if cursor else None
    key = (edition.current(), wanted, sort, after, limit)
    rows, following = kept("products", key, lambda: _page(wanted, sort, after, limit))
    return in_stock_now(rows), following


def _page(
    wanted: Filter, sort: str, after: tuple[object, int] | None, limit: int
) -> tuple[list[Product], str]:
    found = _filtered(wanted)
    field, falling = SORTS[sort]
    if after:
        found = found.filter(_after(field, falling, *after))
    sign = "-" if falling else ""
    rows = list(found.order_by(f"{sign}{field}", f"{sign}id")[: limit + 1])
    if len(rows) <= limit:
        return rows, ""
    last = rows[limit - 1]
    return rows[:limit], _closed(sort, getattr(last, field), last.id)


def _filtered(wanted: Filter) -> QuerySet[Product]:
    found = on_sale().prefetch_related("images")
    plain = {"category": wanted.category, "stall__slug": wanted.stall, "organic": wanted.organic}
    bounds = {"price_cents__gte": wanted.price_min, "price_cents__lte": wanted.price_max}
    found = found.filter(
        **{key: value for key, value in (plain | bounds).items() if value is not None}
    )
    if wanted.in_stock is not None:
        found = found.filter(stock__gt=0) if wanted.in_stock else found.filter(stock=0)
    return found


def _after(field: str, falling: bool, value: object, last_id: int) -> Q:
    word = "lt" if falling else "gt"
    return Q(**{f"{field}__{word}": value}) | Q(**{field: value, f"id__{word}": last_id})


def _closed(sort: str, value: object, last_id: int) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps([sort, value, last_id]).encode()).decode().rstrip("=")
    )


def _opened(cursor: str, sort: str) -> tuple[object, int]:
    try:
        made_for, value, last_id = json.loads(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        )
    except (binascii.Error, ValueError, TypeError) as error:
        raise Invalid("cursor", "not a cursor of this list") from error
    expected = str if SORTS[sort][0] == "name" else int
    small = isinstance(last_id, int) and 0 <= last_id < 2**63
    if (
        made_for != sort
        or (isinstance(value, str) and "\x00" in value)
        or type(value) is not expected
        or not small
        or (expected is int and not 0 <= value < 2**63)
    ):
        raise Invalid("cursor", "not a cursor of this list")
    return value, last_id


def search(text: str, *, limit: int) -> tuple[list[Product], str]:
    """Products in which every word occurs; with nothing found, the words nearest to it that do occur are tried.

    Returns the products and the text that was searched for in the end.
    """
    happened("search")
    words = words_of(text)
    rows, searched = kept("search", (edition.current(), words, limit), lambda: _found(words, limit))
    return in_stock_now(rows), searched


def _found(words: list[str], limit: int) -> tuple[list[Product], str]:
    found = _containing(words, limit)
    if not found and words:
        near = searching.respelled(words)
        if near != words:
            return _containing(near, limit), " ".join(near)
    return found, " ".join(words)


def _containing(words: list[str], limit: int) -> list[Product]:
    if not words:
        return []
    found = searching.containing(on_sale().prefetch_related("images"), words)
    return list(found.order_by("name", "id")[:limit])
