"""Filtered, sorted lists of products behind an opaque cursor, and a search that forgives a typo."""

import base64
import binascii
import difflib
import json
import re
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Q, QuerySet

from farmersmarket.answers.problems import Invalid
from farmersmarket.catalog.models import Product
from farmersmarket.catalog.queries import on_sale

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
    found = _filtered(wanted)
    field, falling = SORTS[sort]
    if cursor:
        found = found.filter(_after(field, falling, *_opened(cursor, sort)))
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
    words = re.findall(r"\w+", text.lower())[:6]
    found = _containing(words, limit)
    if found or not words:
        return found, " ".join(words)
    known = _vocabulary()
    near = [next(iter(difflib.get_close_matches(word, known, 1, 0.7)), word) for word in words]
    return (_containing(near, limit), " ".join(near)) if near != words else ([], " ".join(words))


def _containing(words: list[str], limit: int) -> list[Product]:
    if not words:
        return []
    found = on_sale().prefetch_related("images")
    for word in words:
        found = found.filter(
            Q(name__icontains=word)
            | Q(description__icontains=word)
            | Q(stall__name__icontains=word)
        )
    return list(found.order_by("name", "id")[:limit])


def _vocabulary() -> list[str]:
    def read() -> list[str]:
        names = on_sale().values_list("name", flat=True).distinct().order_by()
        return sorted(
            {word for name in names for word in re.findall(r"\w+", name.lower()) if len(word) > 2}
        )

    return cache.get_or_set("vocabulary", read, 60) or []
