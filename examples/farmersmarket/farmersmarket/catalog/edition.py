"""The number of the catalogue's edition: lists that are kept name the one they were made from.

It is counted up in the transaction of each write that changes what a list shows, so that a list is right from the
moment of the commit on, in every process and whatever happens to the cache.
"""

from django.db.models import F

from farmersmarket.catalog.models import Edition


def current() -> int:
    """The present number; 0 before the first write."""
    return Edition.objects.filter(id=1).values_list("number", flat=True).first() or 0


def turn() -> None:
    """Begins a new edition. Call it last in a transaction: writers wait for one another from here to the commit."""
    if not Edition.objects.filter(id=1).update(number=F("number") + 1):
        Edition.objects.get_or_create(id=1, defaults={"number": 1})
