"""A small world in a database of its own."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.cache import cache, caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test import Client
from django.utils import timezone
from farmersmarket.catalog.models import PickupSlot, Product
from farmersmarket.orders import domain, operations, payments
from farmersmarket.orders.models import Order
from farmersmarket.world.operations import build


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file, as in production: threads that share SQLite's memory refuse each other without waiting."""
    database = connection.settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "market.sqlite3")


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The end of a request would close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def quick_passwords(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def own_media(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


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
def farmer(product: Product, client: Client) -> Client:
    """The farmer who sells the product, logged in."""
    client.force_login(product.stall.farmer)
    return client


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
