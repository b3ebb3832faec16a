"""Orders, their lines, bookings and history."""

import base64
import secrets

from django.conf import settings
from django.db import models

from farmersmarket.catalog.models import PickupSlot, Product, Stall
from farmersmarket.orders import domain, paying


def new_id() -> str:
    """26 lower-case characters, 128 bits: whoever has an order's address may see it."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


class Order(models.Model):
    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    # One form, one order: a second submit of the same form finds the first.
    checkout_key = models.CharField(max_length=40, unique=True)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="orders"
    )
    name = models.CharField(max_length=100)
    email = models.EmailField()
    note = models.CharField(max_length=300, blank=True)
    pickup_at = models.DateTimeField()
    status = models.CharField(
        max_length=10, choices=[(s, s.title()) for s in domain.STATUSES], default=domain.PENDING
    )
    total_cents = models.PositiveIntegerField()
    payment = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["pickup_at", "status"], name="order_by_pickup"),
            models.Index(fields=["customer", "-created_at"], name="order_by_customer"),
            models.Index(fields=["status", "-created_at"], name="order_by_status"),
            models.Index(fields=["created_at", "status"], name="order_by_day"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The short name that people say at the stall."""
        return f"FM-{self.id[:6].upper()}"

    @property
    def card_state(self) -> str:
        """Where its card payment is, of ``orders.paying``; "" for one that is paid in another way."""
        payment = getattr(self, "card_payment", None)
        return payment.state if payment and payment.page else ""


class OrderLine(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT)
    name = models.CharField(max_length=100)
    quantity = models.PositiveIntegerField()
    price_cents = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"

    @property
    def total_cents(self) -> int:
        return self.quantity * self.price_cents


class Booking(models.Model):
    """The place of an order in one stall's pickup slot."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="bookings")
    slot = models.ForeignKey(PickupSlot, models.PROTECT, related_name="bookings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "slot"], name="one_place_a_slot")]

    def __str__(self) -> str:
        return f"{self.order_id} in {self.slot_id}"


class OrderEvent(models.Model):
    """A step in an order's life, or in that of a stall's part. The growing ids are what live pages follow.

    ``status`` is the order's after the step, ``part`` how far ``stall`` is then; neither is said of the whole order.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    status = models.CharField(max_length=10)
    stall = models.ForeignKey(Stall, models.PROTECT, null=True, related_name="+", db_index=False)
    part = models.CharField(max_length=10, blank=True, default="", db_default="")
    actor = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["order", "id"], name="event_by_order")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.status}"


class CardPayment(models.Model):
    """What a provider holds for an order; ``state`` is of ``orders.paying``.

    ``page`` is where its customer pays, "" for what was reserved without one.
    """

    order = models.OneToOneField(
        Order, models.CASCADE, primary_key=True, related_name="card_payment"
    )
    session = models.CharField(max_length=255, unique=True)
    page = models.TextField()
    intent = models.CharField(max_length=255, blank=True)
    cents = models.PositiveIntegerField()
    state = models.CharField(max_length=9, default=paying.OPEN)
    # When the worker tells the provider next, while there is something to tell.
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state__in=(paying.CLOSING, paying.REFUNDING)),
                name="payment_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.state}"


class ProviderEvent(models.Model):
    """An event of the payment provider that was acted on; the same one again is not."""

    id = models.CharField(max_length=255, primary_key=True)
    kind = models.CharField(max_length=80)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
