"""What a farmer and the market's office look at."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncWeek

from farmersmarket.catalog.models import Product
from farmersmarket.catalog.searching import MOST_WORDS, Lexemes
from farmersmarket.orders import domain
from farmersmarket.orders.models import Order, OrderLine
from farmersmarket.orders.operations import LOW
from farmersmarket.outbox.models import Message
from farmersmarket.people.models import Person
from farmersmarket.replicas import analytics

_ENDED = (domain.COLLECTED, domain.CANCELLED, domain.REFUNDED)
_UNPAID = (domain.CANCELLED, domain.REFUNDED)


@dataclass(frozen=True)
class Task:
    """An order at one farmer's stalls, with the steps the farmer may take."""

    order: Order
    lines: list[OrderLine]
    steps: list[str]


@dataclass(frozen=True)
class Week:
    """Revenue of a week in cents, and its bar's height in percent of the best week."""

    starts: datetime
    cents: int
    height: int


def tasks(farmer: Person, now: datetime) -> list[Task]:
    """Open orders with a pickup within the next 48 hours, by pickup time, the first hundred."""
    orders = (
        Order.objects.filter(
            lines__product__stall__farmer=farmer, pickup_at__lt=now + timedelta(hours=48)
        )
        .exclude(status__in=_ENDED)
        .distinct()
        .order_by("pickup_at", "id")[:100]
    )
    found = list(orders)
    lines: dict[str, list[OrderLine]] = {order.id: [] for order in found}
    for line in OrderLine.objects.filter(order__in=found, product__stall__farmer=farmer).order_by(
        "id"
    ):
        lines[line.order_id].append(line)
    return [
        Task(order, lines[order.id], domain.next_steps(order.status, "farmer")) for order in found
    ]


def low_stock(farmer: Person) -> QuerySet[Product]:
    """Products that are nearly sold out."""
    return Product.objects.filter(stall__farmer=farmer, archived=False, stock__lt=LOW).order_by(
        "stock", "name"
    )


@analytics
def weeks(farmer: Person | None, now: datetime) -> list[Week]:
    """Revenue of the last eight weeks by order date; of the whole market without a farmer."""
    lines = OrderLine.objects.filter(order__created_at__gte=now - timedelta(weeks=8)).exclude(
        order__status__in=_UNPAID
    )
    if farmer is not None:
        lines = lines.filter(product__stall__farmer=farmer)
    rows = (
        lines.annotate(week=TruncWeek("order__created_at"))
        .values("week")
        .annotate(cents=Sum(F("quantity") * F("price_cents")))
        .order_by("week")
    )
    sums = [(row["week"], row["cents"]) for row in rows]
    best = max((cents for _, cents in sums), default=0) or 1
    return [Week(week, cents, round(100 * cents / best)) for week, cents in sums]


@analytics
def orders_by_status() -> dict[str, int]:
    """How many orders there are in each status."""
    return {
        row["status"]: row["n"]
        for row in Order.objects.values("status").annotate(n=Count("id")).order_by("status")
    }


@analytics
def delivery() -> list[dict[str, object]]:
    """How many messages are queued, sent and given up, by channel."""
    return list(
        Message.objects.values("channel", "state")
        .annotate(n=Count("id"))
        .order_by("channel", "state")
    )


def find_orders(text: str) -> list[Order]:
    """Orders of whose customer every word is known, by name or address, the newest fifty."""
    found = Order.objects.all()
    # An address is one word in a full-text index: split at blanks only.
    for word in re.sub(r"[\x00'\\\\]", " ", text.lower()).split()[:MOST_WORDS]:
        if connection.vendor == "postgresql":
            query = SearchQuery(f"'{word}':*", search_type="raw", config="simple")
            found = found.alias(lexemes=Lexemes("name", "email")).filter(lexemes=query)
        else:
            found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return list(found.order_by("-created_at")[:50])
