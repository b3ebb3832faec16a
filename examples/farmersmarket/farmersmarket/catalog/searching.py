"""Search by words: full-text indexes on PostgreSQL, a scan on SQLite, and a typo forgiven on both."""

import re

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db import connection
from django.db.models import Func, Q, QuerySet

from farmersmarket.cache.kept import kept
from farmersmarket.catalog import edition
from farmersmarket.catalog.models import Product, Stall
from farmersmarket.catalog.trigrams import nearest

MOST_WORDS = 6
MOST_STALLS = 500


class Lexemes(Func):
    """The expression of the full-text indexes in ``catalog/migrations/0004``; both have to be the same."""

    template = "to_tsvector('simple', %(expressions)s)"
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()


def words_of(text: str) -> list[str]:
    """The words that are searched for."""
    return re.findall(r"\w+", text.lower())[:MOST_WORDS]


def containing(found: QuerySet[Product], words: list[str]) -> QuerySet[Product]:
    """Of ``found`` those in whose name, description or stall every word occurs."""
    narrowed = _beginning if connection.vendor == "postgresql" else _anywhere
    for word in words:
        found = narrowed(found, word)
    return found


def respelled(words: list[str]) -> list[str]:
    """The words that occur in the market and are nearest to ``words``."""
    known = kept("vocabulary", edition.current(), _vocabulary)
    return [word if word in known else nearest(word, known) for word in words]


def _beginning(found: QuerySet[Product], word: str) -> QuerySet[Product]:
    query = SearchQuery(f"'{word}':*", search_type="raw", config="simple")
    # Stalls first: their ids and the words meet in one bitmap of the products' indexes.
    named = Stall.objects.alias(lexemes=Lexemes("name", "town")).filter(lexemes=query)
    stalls = list(named.values_list("id", flat=True)[:MOST_STALLS])
    return found.alias(lexemes=Lexemes("name", "description")).filter(
        Q(lexemes=query) | Q(stall_id__in=stalls)
    )


def _anywhere(found: QuerySet[Product], word: str) -> QuerySet[Product]:
    return found.filter(
        Q(name__icontains=word) | Q(description__icontains=word) | Q(stall__name__icontains=word)
    )


def _vocabulary() -> tuple[str, ...]:
    offered = Product.objects.filter(archived=False, stall__verified=True)
    names = offered.values_list("name", flat=True).distinct().order_by()
    words = {word for name in names for word in re.findall(r"\w+", name.lower()) if len(word) > 2}
    return tuple(sorted(words))
