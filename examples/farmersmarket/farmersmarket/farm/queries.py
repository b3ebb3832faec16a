"""What a farmer and the market's office look at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Prefetch, QuerySet, Sum
from django.db.models.functions import TruncWeek

from farmersmarket.catalog.models import Product, Stall
from farmersmarket.full_text import Mentions, words_of
from farmersmarket.orders import domain
from farmersmarket.orders.full_text import ORDERS
from farmersmarket.orders.models import Order, OrderEvent, OrderLine
from farmersmarket.orders.operations import LOW
from farmersmarket.orders.parts import Part, parts
from farmersmarket.outbox.models import Message
from farmersmarket.people.models import Person
from farmersmarket.replicas import analytics

_UNPAID = (domain.CANCELLED, domain.REFUNDED)
WEEKS = 8


@dataclass(frozen=True)
class Task:
    """One farmer's part of an order: how far it is, the steps the farmer may take, and the parts of others."""

    order: Order
    lines: list[OrderLine]
    status: str
    steps: list[str]
    others: list[Part]

    @property
    def cents(self) -> int:
        """What these lines cost."""
        return sum(line.total_cents for line in self.lines)


@dataclass(frozen=True)
class Slot:
    """The orders that are handed over at one time."""

    at: datetime
    tasks: list[Task]


@dataclass(frozen=True)
class Day:
    """The pickup times of today (which has those that were missed, too), tomorrow, or the day after."""

    name: str
    slots: list[Slot]


@dataclass(frozen=True)
class Week:
    """Revenue of a week in cents, its bar's height in percent of the best week, and which week it is of the row."""

    starts: datetime
    cents: int
    height: int
    place: int


@dataclass(frozen=True)
class Figures:
    """The market at a glance; money in cents."""

    orders_today: int
    revenue_today: int
    open_orders: int
    customers: int
    stalls: int
    products: int


def tasks(farmer: Person, now: datetime) -> list[Task]:
    """What is to be handed over within the next 48 hours, by pickup time, the first hundred."""
    soon = Order.objects.filter(pickup_at__lt=now + timedelta(hours=48))
    open_there = _open(soon, lines__product__stall__farmer=farmer)
    orders = (
        open_there.exclude(_handed_over(stall__farmer=farmer))
        .select_related("card_payment")
        .order_by("pickup_at", "id")[:100]
    )
    of_order = Prefetch("lines", OrderLine.objects.select_related("product__stall").order_by("id"))
    return [_task(order, farmer) for order in orders.prefetch_related(of_order, "events")]


def _task(order: Order, farmer: Person) -> Task:
    every = parts(order, order.lines.all(), order.events.all())
    mine = [part.status for part in every if part.stall.farmer_id == farmer.id]
    others = [part for part in every if part.stall.farmer_id != farmer.id]
    status = min(mine, key=domain.STATUSES.index)
    steps = [
        step
        for step in domain.next_steps(status, "farmer")
        if not others or step != domain.CANCELLED
    ]
    lines = [line for line in order.lines.all() if line.product.stall.farmer_id == farmer.id]
    return Task(order, lines, status, steps, others)


def _open(orders: QuerySet[Order], **where: object) -> QuerySet[Order]:
    return orders.filter(**where).exclude(status__in=domain.ENDED).distinct()


def _handed_over(**where: object) -> Exists:
    # A farmer's stalls are moved together.
    return Exists(OrderEvent.objects.filter(order=OuterRef("pk"), part=domain.COLLECTED, **where))


def days(tasks: list[Task], now: datetime) -> list[Day]:
    """Tasks that are sorted by pickup time, by day and time."""
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()

    def name(task: Task) -> str:
        ahead = (task.order.pickup_at.astimezone(zone).date() - today).days
        return ("Today", "Tomorrow", "The day after")[min(max(ahead, 0), 2)]

    return [
        Day(
            word,
            [
                Slot(at, list(rows))
                for at, rows in groupby(of_day, key=lambda task: task.order.pickup_at)
            ],
        )
        for word, of_day in groupby(tasks, key=name)
    ]


def low_stock(farmer: Person) -> QuerySet[Product]:
    """Products that are nearly sold out."""
    return Product.objects.filter(stall__farmer=farmer, archived=False, stock__lt=LOW).order_by(
        "stock", "name"
    )


def open_orders(stall: Stall) -> QuerySet[Order]:
    """Orders of which a stall has still something to hand over, by pickup time."""
    found = _open(Order.objects.all(), lines__product__stall=stall)
    return found.exclude(_handed_over(stall=stall)).order_by("pickup_at", "id")


def shared_orders(stall: Stall) -> int:
    """How many of them hold products of other stalls, too."""
    elsewhere = OrderLine.objects.exclude(product__stall=stall)
    return open_orders(stall).filter(id__in=elsewhere.values("order_id")).count()


@analytics
def weeks(farmer: Person | None, now: datetime) -> list[Week]:
    """Revenue of the last eight weeks by order date, oldest first; of the whole market without a farmer."""
    zone = ZoneInfo(settings.TIME_ZONE)
    local = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    monday = local - timedelta(days=local.weekday())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    lines = OrderLine.objects.filter(
        order__created_at__gte=mondays[0].replace(tzinfo=zone)
    ).exclude(order__status__in=_UNPAID)
    if farmer is not None:
        lines = lines.filter(product__stall__farmer=farmer)
    rows = (
        lines.annotate(week=TruncWeek("order__created_at"))
        .values("week")
        .annotate(cents=Sum(F("quantity") * F("price_cents")))
        .order_by("week")
    )
    sums = {row["week"].astimezone(zone).date(): row["cents"] for row in rows}
    best = max(sums.values(), default=0) or 1
    cents = [sums.get(start.date(), 0) for start in mondays]
    return [
        Week(start.replace(tzinfo=zone), amount, round(100 * amount / best), place)
        for place, (start, amount) in enumerate(zip(mondays, cents, strict=True))
    ]


@analytics
def figures(now: datetime) -> Figures:
    """Today by the market's clock, and what there is."""
    zone = ZoneInfo(settings.TIME_ZONE)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Order.objects.filter(created_at__gte=midnight).exclude(status__in=_UNPAID)
    sums = today.aggregate(n=Count("id"), cents=Sum("total_cents"))
    return Figures(
        orders_today=sums["n"],
        revenue_today=sums["cents"] or 0,
        open_orders=Order.objects.exclude(status__in=domain.ENDED).count(),
        customers=Person.objects.filter(role=Person.Role.CUSTOMER).count(),
        stalls=Stall.objects.filter(verified=True).count(),
        products=Product.objects.filter(archived=False, stall__verified=True).count(),
    )


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
    words, found = words_of(text), Order.objects.all()
    if words:
        found = found.filter(Mentions(ORDERS, *words))
    return list(found.order_by("-created_at")[:50])
