"""Writes of the catalogue. Every change of a product's facts counts its version up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import slugify

from farmersmarket.answers.problems import Conflict, Forbidden, Invalid, VersionChanged
from farmersmarket.catalog import edition, opinions
from farmersmarket.catalog.models import (
    PickupSlot,
    PriceChange,
    Product,
    Review,
    Stall,
    StockChange,
)
from farmersmarket.people.models import Person
from farmersmarket.telemetry import happened

LARGEST = 2_000_000_000
DAYS = 7


@dataclass(frozen=True)
class Facts:
    """What a farmer writes about a product."""

    name: str
    description: str
    category: str
    unit: str
    price_cents: int
    organic: bool


def create(*, stall: Stall, facts: Facts, stock: int, now: datetime) -> Product:
    """A new product with an address of its own."""
    with transaction.atomic():
        product = Product.objects.create(
            stall=stall, slug=_slug(stall, facts.name), stock=stock, **vars(facts)
        )
        PriceChange.objects.create(product=product, price_cents=product.price_cents, at=now)
        edition.turn()
    return product


def change(*, product: Product, facts: Facts, version: int, now: datetime) -> Product:
    """Writes new facts. Raises ``VersionChanged`` when somebody else wrote since ``version``."""
    with transaction.atomic():
        written = Product.objects.filter(id=product.id, version=version, archived=False)
        if not written.update(version=F("version") + 1, **vars(facts)):
            raise VersionChanged("Somebody else changed this product. Read it again.")
        if facts.price_cents != product.price_cents:
            PriceChange.objects.create(product=product, price_cents=facts.price_cents, at=now)
        edition.turn()
    return Product.objects.select_related("stall").prefetch_related("images").get(id=product.id)


def revise(*, product: Product, facts: Facts, version: int, by: int, now: datetime) -> None:
    """Writes new facts and changes the stock by that many pieces, both or neither.

    Raises ``VersionChanged``, and ``Conflict`` when the stock would fall below zero.
    """
    with transaction.atomic():
        change(product=product, facts=facts, version=version, now=now)
        if by:
            adjust(product=product, by=by, reason="counted", now=now)


def archive(*, product: Product, version: int) -> None:
    """Takes a product off the tables; orders keep it. Raises ``VersionChanged``."""
    with transaction.atomic():
        if not Product.objects.filter(id=product.id, version=version).update(
            archived=True, version=F("version") + 1
        ):
            raise VersionChanged("Somebody else changed this product. Read it again.")
        edition.turn()


def adjust(*, product: Product, by: int, reason: str, now: datetime) -> int:
    """Adds ``by`` pieces to the stock, or takes them, and returns what is there. Raises ``Conflict`` below zero."""
    with transaction.atomic():
        possible = Product.objects.filter(
            id=product.id, stock__gte=max(0, -by), stock__lte=LARGEST - max(0, by)
        )
        if not possible.update(stock=F("stock") + by):
            raise Conflict("There is not that much in stock.")
        StockChange.objects.create(product=product, change=by, reason=reason, at=now)
        left = Product.objects.values_list("stock", flat=True).get(id=product.id)
        if not left or left == by:
            edition.turn()  # sold out, or back: lists may be of what is in stock
        return left


def review(*, product: Product, author: Person, stars: int, text: str, now: datetime) -> Review:
    """A customer's opinion, once for each product. Raises ``Conflict``, ``Forbidden``, ``Invalid``."""
    if product.stall.farmer_id == author.id:
        raise Invalid("product", "nobody reviews what they sell")
    if not opinions.may_write(product, author):
        raise Forbidden("Reviews are written by customers who have collected the product.")
    try:
        with transaction.atomic():
            written = Review.objects.create(
                product=product, author=author, stars=stars, text=text, at=now
            )
    except IntegrityError as error:
        raise Conflict("You have reviewed this product already.") from error
    happened("feature", feature="review")
    return written


def open_slots(
    stalls: Sequence[Stall], *, hours: Sequence[int], capacity: int, now: datetime
) -> int:
    """Opens pickup slots of two hours on each of the coming seven days; those that are there stay as they are.

    Returns how many slots the stalls have in that week.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=day) for day in range(1, DAYS + 1)]
    starts = [datetime.combine(day, time(hour), zone) for day in days for hour in hours]
    PickupSlot.objects.bulk_create(
        (
            PickupSlot(
                stall=stall, starts_at=start, ends_at=start + timedelta(hours=2), capacity=capacity
            )
            for stall in stalls
            for start in starts
        ),
        ignore_conflicts=True,
        batch_size=2000,
    )
    return PickupSlot.objects.filter(stall__in=stalls, starts_at__gt=now).count()


def _slug(stall: Stall, name: str) -> str:
    base = f"{stall.slug}-{slugify(name) or 'product'}"[:70]
    taken = set(Product.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(
        f"{base}-{number}" for number in range(2, len(taken) + 3) if f"{base}-{number}" not in taken
    )
