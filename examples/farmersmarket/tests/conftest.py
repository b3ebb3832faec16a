"""A small world in a database of its own."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.core.cache import cache, caches
from django.utils import timezone
from farmersmarket.catalog.models import PickupSlot, Product
from farmersmarket.orders import domain, operations, payments
from farmersmarket.orders.models import Order
from farmersmarket.world.operations import build


@pytest.fixture(autouse=True)
def quick_passwords(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """What an earlier test kept is of another database."""
    cache.clear()
    caches["own"].clear()


@pytest.fixture
def world(db: None) -> None:
    build(size="small", seed=1, now=timezone.now())


@pytest.fixture
def product(world: None) -> Product:
    return Product.objects.select_related("stall").order_by("id")[0]


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def place(product: Product, now: datetime) -> Callable[..., Order]:
    """Places an order for ``quantity`` of one product."""

    def make(quantity: int = 1, key: str = "k" * 24, **changes: object) -> Order:
        slot = PickupSlot.objects.filter(stall=product.stall).order_by("starts_at")[0]
        facts = {
            "lines": [domain.Line(product.id, quantity, product.price_cents)],
            "name": "Ada",
            "email": "ada@example.org",
            "note": "",
            "pickup_at": slot.starts_at,
            "checkout_key": key,
            "payments": payments.AtPickup(),
            "now": now,
        }
        return operations.place(**{**facts, **changes})  # type: ignore[arg-type]

    return make
