"""Stalls, what they sell, and when it can be picked up. Money is whole cents."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Category(models.TextChoices):
    VEGETABLES = "vegetables"
    FRUIT = "fruit"
    DAIRY = "dairy"
    BAKERY = "bakery"
    PANTRY = "pantry"
    FLOWERS = "flowers"


class Stall(models.Model):
    DECLINED, SUSPENDED = "declined", "suspended"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    town = models.CharField(max_length=60)
    story = models.TextField(blank=True)
    farmer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="stalls"
    )
    verified = models.BooleanField(default=False)
    # A stall that is not verified waits for the office, or was refused by it for a reason that its farmer reads.
    refused = models.CharField(
        max_length=9,
        blank=True,
        default="",
        db_default="",
        choices=[(DECLINED, "Declined"), (SUSPENDED, "Suspended")],
    )
    reason = models.CharField(max_length=500, blank=True, default="", db_default="")

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    stall = models.ForeignKey(Stall, models.PROTECT, related_name="products")
    slug = models.SlugField(unique=True, max_length=80)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=12, choices=Category.choices)
    unit = models.CharField(max_length=20, default="piece")
    price_cents = models.PositiveIntegerField()
    stock = models.PositiveIntegerField(default=0)
    organic = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    # Counts changes of what the farmer wrote, not of stock: what a write has to name.
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_cents__gt=0), name="price_above_zero")
        ]
        indexes = [
            models.Index(
                fields=["category", "name"], condition=Q(archived=False), name="product_by_category"
            ),
            models.Index(fields=["name"], condition=Q(archived=False), name="product_by_name"),
            models.Index(
                fields=["stall", "name"], condition=Q(archived=False), name="product_by_stall"
            ),
            models.Index(
                fields=["price_cents", "id"], condition=Q(archived=False), name="product_by_price"
            ),
            models.Index(
                fields=["category", "price_cents", "id"],
                condition=Q(archived=False),
                name="product_by_category_price",
            ),
            models.Index(
                fields=["stall", "stock"],
                condition=Q(archived=False, stock__lt=10),
                name="product_running_out",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Edition(models.Model):
    """One row: counts the changes of what lists show. See ``catalog.edition``."""

    number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


class PickupSlot(models.Model):
    """One stall hands out at most ``capacity`` orders between ``starts_at`` and ``ends_at``."""

    stall = models.ForeignKey(Stall, models.CASCADE, related_name="slots")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveIntegerField()
    booked = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stall", "starts_at"], name="one_slot_a_time"),
            models.CheckConstraint(condition=Q(booked__lte=F("capacity")), name="never_overbooked"),
        ]
        indexes = [models.Index(fields=["starts_at"], name="slot_by_start")]

    def __str__(self) -> str:
        return f"{self.stall_id} {self.starts_at:%Y-%m-%d %H:%M}"


class ProductImage(models.Model):
    """A picture in the widths of ``catalog.images.WIDTHS``; ``key`` is the part of their names that is shared."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    key = models.CharField(max_length=40, unique=True)
    alt = models.CharField(max_length=150, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.key


class PriceChange(models.Model):
    product = models.ForeignKey(Product, models.CASCADE, related_name="prices")
    price_cents = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.product_id} {self.price_cents}"


class StockChange(models.Model):
    """A farmer's correction of a stock, with its reason. What orders take is in the orders."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="stock_changes")
    change = models.IntegerField()
    reason = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.product_id} {self.change:+d}"


class Review(models.Model):
    """What a customer thinks of a product; one for each of both."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="reviews")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reviews")
    stars = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "author"], name="one_review_a_person"),
            models.CheckConstraint(
                condition=Q(stars__gte=1, stars__lte=5), name="one_to_five_stars"
            ),
        ]
        indexes = [models.Index(fields=["product", "-id"], name="review_by_product")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.stars}"
