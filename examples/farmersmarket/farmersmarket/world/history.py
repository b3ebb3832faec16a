"""Half a year of past orders for a sample market."""

import base64
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from farmersmarket.catalog.models import Product
from farmersmarket.orders import domain
from farmersmarket.orders.models import Order, OrderEvent, OrderLine

ORDERS = {"small": 0, "large": 200_000}
BATCH = 2_000
DAYS = 180
NAMES = ("Ada", "Ben", "Clara", "David", "Elif", "Frida", "Goran", "Hanna", "Ivo", "Jana")
ENDS = (domain.COLLECTED,) * 18 + (domain.CANCELLED, domain.REFUNDED)


def write(*, count: int, seed: int, now: datetime) -> int:
    """Brings the number of past sample orders to ``count`` and returns how many were written.

    Order ``n`` is the same for the same seed and day, and each batch is whole or absent: cut off and begun again,
    none comes twice.
    """
    products = list(Product.objects.order_by("id").values_list("id", "name", "price_cents"))
    begun = there = Order.objects.filter(checkout_key__startswith=f"sample-{seed}-").count()
    while there < count and products:
        size = min(BATCH, count - there)
        with transaction.atomic():
            _batch(range(there, there + size), products, seed, now)
        there += size
    return there - begun


def _batch(numbers: range, products: list[tuple[int, str, int]], seed: int, now: datetime) -> None:
    orders, lines, events = [], [], []
    for number in numbers:
        random = Random(f"{seed}-{number}")
        order = _order(number, random, seed, now)
        for product_id, name, price in random.sample(
            products, min(len(products), random.randint(1, 4))
        ):
            quantity = random.randint(1, 4)
            order.total_cents += quantity * price
            lines.append(
                OrderLine(
                    order=order,
                    product_id=product_id,
                    name=name,
                    quantity=quantity,
                    price_cents=price,
                )
            )
        events.append(
            OrderEvent(order=order, status=order.status, actor="market", at=order.pickup_at)
        )
        orders.append(order)
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(lines)
    OrderEvent.objects.bulk_create(events)


def _order(number: int, random: Random, seed: int, now: datetime) -> Order:
    created = now - timedelta(days=random.uniform(3, DAYS))
    name = random.choice(NAMES)
    return Order(
        id=base64.b32encode(random.randbytes(16)).decode().rstrip("=").lower(),
        checkout_key=f"sample-{seed}-{number}",
        name=name,
        email=f"{name.lower()}{number % 5000}@shoppers.example",
        pickup_at=created + timedelta(days=random.uniform(0.5, 2.5)),
        status=random.choice(ENDS),
        total_cents=0,
        payment="at-pickup",
        created_at=created,
    )
