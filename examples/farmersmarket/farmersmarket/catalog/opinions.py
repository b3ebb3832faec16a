"""What customers think of a product, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Avg, Count

from farmersmarket.catalog.models import Product, Review
from farmersmarket.people.models import Person

SHOWN = 5


@dataclass(frozen=True)
class Opinions:
    """``average`` of 1 to 5 stars, None without a review."""

    average: float | None
    count: int
    newest: Sequence[Review]


def may_write(product: Product, person: Person) -> bool:
    """Whether a person has collected this product, as an order of their own, and does not sell it."""
    return (
        product.stall.farmer_id != person.id
        and product.orderline_set.filter(order__customer=person, order__status="COLLECTED").exists()
    )


def written_by(product: Product, person: Person) -> bool:
    """Whether a person has said what they think of this product."""
    return product.reviews.filter(author=person).exists()


def of(product: Product) -> Opinions:
    """A product's reviews: two queries, one where there is none."""
    sums = product.reviews.aggregate(average=Avg("stars"), count=Count("id"))
    if not sums["count"]:
        return Opinions(None, 0, ())
    newest = list(product.reviews.select_related("author")[:SHOWN])
    return Opinions(round(sums["average"], 1), sums["count"], newest)
