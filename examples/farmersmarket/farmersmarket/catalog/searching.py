"""Search by words: every word begins one of a product or of its stall, and a typo is forgiven."""

from django.db.models import Q, QuerySet

from farmersmarket.cache.kept import kept
from farmersmarket.catalog import edition
from farmersmarket.catalog.full_text import PRODUCTS, STALLS
from farmersmarket.catalog.models import Product, Stall
from farmersmarket.catalog.trigrams import nearest
from farmersmarket.full_text import Mentions, words_of

MOST_STALLS = 500


def containing(found: QuerySet[Product], words: list[str]) -> QuerySet[Product]:
    """Of ``found`` those in whose name, description or stall every word begins a word; to be taken by name."""
    plain = []
    for word in words:
        # Stalls first: their ids and the words meet in one bitmap of the products' indexes.
        named = Stall.objects.filter(Mentions(STALLS, word)).values_list("id", flat=True)
        stalls = list(named[:MOST_STALLS])
        if stalls:
            mentioned = Q(Mentions(PRODUCTS, word, ordered=True))
            found = found.filter(mentioned | Q(stall_id__in=stalls))
        else:
            plain.append(word)
    return found.filter(Mentions(PRODUCTS, *plain, ordered=True)) if plain else found


def respelled(words: list[str]) -> list[str]:
    """The words that occur in the market and are nearest to ``words``."""
    known = kept("vocabulary", edition.current(), _vocabulary)
    return [word if word in known else nearest(word, known) for word in words]


def _vocabulary() -> tuple[str, ...]:
    offered = Product.objects.filter(archived=False, stall__verified=True).order_by()
    open_stalls = Stall.objects.filter(verified=True)
    texts = (
        *offered.values_list("name", flat=True).distinct(),
        *open_stalls.values_list("name", flat=True),
        *open_stalls.values_list("town", flat=True).distinct(),
    )
    return tuple(sorted({word for text in texts for word in words_of(text, None) if len(word) > 2}))
