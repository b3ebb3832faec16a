"""Writes: an order is placed whole or not at all, and moves by the rules of ``domain``."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import golive_app
from django.db import IntegrityError, transaction
from django.db.models import F
from django.template.defaultfilters import date
from django.utils.timezone import localtime

from farmersmarket.catalog import edition
from farmersmarket.catalog.models import PickupSlot, Product, Stall
from farmersmarket.catalog.queries import on_sale
from farmersmarket.money import euro
from farmersmarket.orders import business, domain, paying, wording
from farmersmarket.orders.marks import mark
from farmersmarket.orders.models import (
    Booking,
    CardPayment,
    Order,
    OrderEvent,
    OrderLine,
    new_id,
)
from farmersmarket.orders.parts import parts_of
from farmersmarket.orders.payments import Payments, Reservation
from farmersmarket.outbox import operations as outbox
from farmersmarket.people.models import Person
from farmersmarket.telemetry import happened

LOW = 10
log = logging.getLogger(__name__)
_updates = golive_app.counter(
    "order_status_updates_total", description="Changes of an order's status"
)
_revenue = golive_app.counter(
    "order_revenue_cents_total", unit="cent", description="Value of placed orders"
)


def place(
    *,
    lines: Sequence[domain.Line],
    name: str,
    email: str,
    note: str,
    pickup_at: datetime,
    checkout_key: str,
    payments: Payments,
    now: datetime,
    customer: Person | None = None,
) -> Order:
    """Places an order and returns it; the same ``checkout_key`` returns the first one.

    Raises ``EmptyCart``, ``TooMuch``, ``Gone``, ``SoldOut``, ``PriceChanged``, ``WindowFull`` or ``PaymentUnavailable``; then
    nothing was taken from stock, no slot was booked and no money is held.
    """
    earlier = Order.objects.filter(checkout_key=checkout_key).first()
    if earlier:
        return earlier
    products = _checked(lines)
    order = Order(
        id=new_id(), checkout_key=checkout_key, customer=customer, name=name, email=email, note=note
    )
    order.pickup_at, order.created_at, order.total_cents = pickup_at, now, total(lines)
    held = payments.reserve(order.id, order.number, order.total_cents)
    order.payment = held.reference[:80]
    try:
        with transaction.atomic():
            _write(order, lines, products, held, now)
    except (domain.OrderProblem, IntegrityError):
        payments.release(held.reference)
        raced = Order.objects.filter(checkout_key=checkout_key).first()
        if raced:
            return raced
        raise
    happened("order")
    _revenue.record(order.total_cents)
    facts = {"order": mark(order.id), "cents": order.total_cents, "lines": len(lines)}
    log.info("order_placed", extra=facts)
    return order


def _expect(order: Order, held: Reservation, now: datetime) -> None:
    if held.reference != wording.AT_PICKUP:
        CardPayment.objects.create(
            order=order,
            session=held.reference,
            page=held.page,
            cents=order.total_cents,
            state=paying.OPEN if held.page else paying.HELD,
            due_at=now,
        )


def total(lines: Sequence[domain.Line]) -> int:
    """What the customer pays, in cents."""
    return sum(line.total_cents for line in lines)


def _checked(lines: Sequence[domain.Line]) -> dict[int, Product]:
    if not lines:
        raise domain.EmptyCart("Your cart is empty.")
    if total(lines) > domain.MOST_CENTS:
        raise domain.TooMuch
    products = on_sale().in_bulk([line.product_id for line in lines])
    for line in lines:
        product = products.get(line.product_id)
        if product is None:
            raise domain.Gone
        if product.stock < line.quantity:
            raise domain.SoldOut(f"{product.name} is sold out in that amount.")
        if product.price_cents != line.price_cents:
            raise domain.PriceChanged(
                f"The price of {product.name} has changed. Please look at your cart again."
            )
    return products


def _write(
    order: Order,
    lines: Sequence[domain.Line],
    products: dict[int, Product],
    held: Reservation,
    now: datetime,
) -> None:
    # Rows are taken in one order everywhere, so that two carts with the same products cannot wait for each other.
    for line in sorted(lines, key=lambda line: line.product_id):
        left = Product.objects.filter(id=line.product_id, stock__gte=line.quantity, archived=False)
        if not left.update(stock=F("stock") - line.quantity):
            raise domain.SoldOut(f"{products[line.product_id].name} has just been sold out.")
    stalls = sorted({product.stall_id for product in products.values()})
    slots = _book(stalls, order.pickup_at)
    # Asked behind the booking, for which whoever closes a stall waits.
    if Stall.objects.filter(id__in=stalls, verified=True).count() < len(stalls):
        raise domain.Gone
    order.save(force_insert=True)
    _expect(order, held, now)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            product_id=line.product_id,
            name=products[line.product_id].name,
            quantity=line.quantity,
            price_cents=line.price_cents,
        )
        for line in lines
    )
    Booking.objects.bulk_create(Booking(order=order, slot_id=slot) for slot in slots)
    OrderEvent.objects.create(order=order, status=order.status, actor="customer", at=now)
    outbox.order_news(order, now=now)
    _tell_farmers(order, lines, products, now)
    if Product.objects.filter(id__in=products, stock=0).exists():
        edition.turn()


def _tell_farmers(
    order: Order, lines: Sequence[domain.Line], products: dict[int, Product], now: datetime
) -> None:
    farmers = Person.objects.filter(stalls__products__in=products).distinct()
    when = date(localtime(order.pickup_at), "l j F, H:i")
    for farmer in farmers:
        part = total(
            [line for line in lines if products[line.product_id].stall.farmer_id == farmer.id]
        )
        due = wording.to_farmer(reference=order.payment, card=order.card_state, amount=euro(part))
        words = {
            "subject": f"New order {order.number}",
            "body": f"{order.number} for {when}, {due}.",
        }
        outbox.tell(farmer, kind="new_order", **words, link="/farm", now=now)
    running_out = Product.objects.filter(id__in=products, stock__lt=LOW).select_related(
        "stall__farmer"
    )
    sold = {line.product_id: line.quantity for line in lines}
    for product in running_out:
        news = not product.stock or product.stock + sold[product.id] >= LOW
        if product.stall.farmer is not None and news:
            words = {
                "subject": f"{product.name}: {product.stock} left",
                "body": "Fill it up, or take it off the table.",
            }
            outbox.tell(product.stall.farmer, kind="low_stock", **words, link="/farm", now=now)


def _book(stall_ids: Sequence[int], starts_at: datetime) -> list[int]:
    booked = []
    for stall_id in stall_ids:
        slot = (
            PickupSlot.objects.filter(stall_id=stall_id, starts_at=starts_at)
            .values_list("id", flat=True)
            .first()
        )
        if slot is None or not PickupSlot.objects.filter(id=slot, booked__lt=F("capacity")).update(
            booked=F("booked") + 1
        ):
            raise domain.WindowFull("That pickup time is no longer free. Please choose another.")
        booked.append(slot)
    return booked


def change_status(
    *,
    order_id: str,
    wanted: str,
    role: domain.Role,
    actor: str,
    now: datetime,
    because: str = "",
    farmer: Person | None = None,
) -> Order:
    """Moves an order one step and tells its customer, with the reason where there is one to tell.

    A ``farmer`` moves the part of their own stalls, and the order as far as its slowest stall is; everybody else moves the
    whole. Raises ``Order.DoesNotExist``, ``NoSuchStep``, ``NotAllowed`` or ``NotPaid``. A cancelled order gives its goods
    and its pickup places back.
    """
    with transaction.atomic():
        order = Order.objects.select_for_update().get(id=order_id)
        before = order.status
        by_part = role == "farmer"
        steps = _part(order, wanted, farmer) if by_part else _whole(order, wanted, role)
        _settle(order, wanted, now)
        order.save(update_fields=["status"])
        OrderEvent.objects.bulk_create(
            OrderEvent(order=order, status=order.status, actor=actor, at=now, **step)
            for step in steps
        )
        if wanted == domain.CANCELLED:
            _give_back(order)
        _tell_customer(order, before, steps, because, now)
    facts = {"order": mark(order.id), "status": wanted, "role": role}
    if order.status == before:
        log.info("order_part_changed", extra=facts)
        return order
    _updates.record(1, status=order.status)
    business.moved(order, now=now)
    log.info("order_status_changed", extra=facts)
    return order


def _whole(order: Order, wanted: str, role: domain.Role) -> list[dict[str, Any]]:
    domain.check_step(order.status, wanted, role)
    if wanted == domain.CANCELLED:
        for part in parts_of(order):
            domain.check_step(part.status, wanted, role)
    order.status = wanted
    return [{}]


def _part(order: Order, wanted: str, farmer: Person | None) -> list[dict[str, Any]]:
    """Moves the order as far as its slowest stall is once ``farmer`` has taken the step; returns whose steps that are."""
    parts = {part.stall: part.status for part in parts_of(order)}
    mine = [stall for stall in parts if farmer is not None and stall.farmer_id == farmer.id]
    if not mine:
        raise domain.NotAllowed("None of your stalls has a part in this order.")
    current = min((parts[stall] for stall in mine), key=domain.STATUSES.index)
    domain.check_step(current, wanted, "farmer")
    if wanted == domain.CANCELLED:
        if len(mine) < len(parts):
            raise domain.Shared
        return _whole(order, wanted, "farmer")
    after = parts | {stall: domain.part(wanted, parts[stall]) for stall in mine}
    order.status = domain.whole(after.values())
    return [{"stall": stall, "part": wanted} for stall in mine if after[stall] != parts[stall]]


def _tell_customer(
    order: Order, before: str, steps: list[dict[str, Any]], because: str, now: datetime
) -> None:
    if order.status != before:
        outbox.order_news(order, because=because, now=now)
        return
    ready = [step["stall"].name for step in steps if step["part"] == domain.READY]
    if ready:
        done = (domain.READY, domain.COLLECTED)
        rest = [part.stall.name for part in parts_of(order) if part.status not in done]
        outbox.part_news(order, ready=" and ".join(ready), waiting=rest, now=now)


def _settle(order: Order, wanted: str, now: datetime) -> None:
    # The provider is told by the worker: no step waits for it, and none is undone when it is down.
    payment = CardPayment.objects.select_for_update().filter(order=order).first()
    if payment is None:
        return
    if wanted == domain.CONFIRMED and payment.state not in (paying.PAID, paying.HELD):
        raise domain.NotPaid("The customer has not paid yet.")
    wish = {domain.CANCELLED: paying.CLOSE, domain.REFUNDED: paying.REFUND}.get(wanted, "")
    state = paying.after(payment.state, wish)
    if state != payment.state:
        CardPayment.objects.filter(order=order).update(state=state, due_at=now, attempts=0)


def _give_back(order: Order) -> None:
    for line in order.lines.order_by("product_id"):
        Product.objects.filter(id=line.product_id).update(stock=F("stock") + line.quantity)
    for booking in order.bookings.select_related("slot").order_by("slot__stall_id"):
        PickupSlot.objects.filter(id=booking.slot_id, booked__gt=0).update(booked=F("booked") - 1)
    edition.turn()
