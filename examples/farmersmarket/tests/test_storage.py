"""The database: indexes for the queries that there are, searches, the replica, numbers of queries."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.test import Client
from farmersmarket.catalog import listing, queries, searching, trigrams
from farmersmarket.catalog.full_text import PRODUCTS, STALLS
from farmersmarket.catalog.models import Product, Stall
from farmersmarket.full_text import FullText, Mentions
from farmersmarket.orders.full_text import ORDERS
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person
from farmersmarket.replicas import Router, analytics
from farmersmarket.world import history

Place = Callable[..., Order]
ROOT = Path(__file__).parents[1]
CRITICAL = (
    "product_by_name",
    "product_by_category",
    "product_by_stall",
    "order_by_pickup",
    "message_due",
)
HIGH = (
    "product_by_price",
    "product_by_category_price",
    "product_running_out",
    "order_by_customer",
    "order_by_status",
    "order_by_day",
    "event_by_order",
    "review_by_product",
)


def _indexes() -> set[str]:
    with connection.cursor() as cursor:
        return {
            name
            for table in connection.introspection.table_names(cursor)
            for name in connection.introspection.get_constraints(cursor, table)
        }


def test_every_index_is_there(db: None) -> None:
    assert {*CRITICAL, *HIGH} <= _indexes()


@pytest.mark.parametrize(
    ("index", "model"), [(PRODUCTS, Product), (STALLS, Stall), (ORDERS, Order)]
)
def test_words_are_looked_up_in_their_index(world: None, index: FullText, model: Any) -> None:
    assert index.name in _plan(
        model.objects.filter(Mentions(index, "apple")).values("id"), ("seqscan",)
    )


@pytest.mark.skipif(connection.vendor == "postgresql", reason="its planner has statistics")
def test_words_that_everything_has_are_found_along_the_names(world: None) -> None:
    found = searching.containing(queries.on_sale(), ["fresh", "land"]).order_by("name", "id")
    plan = _plan(found[:20], ())
    assert "product_by_name" in plan
    assert "ORDER BY" not in plan, "not fetched and sorted as a whole"


def _plan(rows: Any, forbidden: tuple[str, ...]) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What another test left in the statistics is of other rows.
            cursor.execute("ANALYZE")
            # A small table would be read whole and sorted.
            for way in forbidden:
                cursor.execute(f"SET LOCAL enable_{way} = off")
    return str(rows.explain())


@pytest.mark.parametrize(
    ("index", "rows"),
    [
        ("product_by_name", lambda: Product.objects.filter(archived=False).order_by("name")),
        (
            "product_by_category",
            lambda: Product.objects.filter(archived=False, category="fruit").order_by("name"),
        ),
        (
            "product_by_stall",
            lambda: Product.objects.filter(archived=False, stall_id=1).order_by("name"),
        ),
        (
            "product_by_price",
            lambda: Product.objects.filter(archived=False).order_by("price_cents", "id"),
        ),
        (
            "product_by_category_price",
            lambda: Product.objects.filter(archived=False, category="fruit").order_by(
                "price_cents", "id"
            ),
        ),
        ("order_by_customer", lambda: Order.objects.filter(customer_id=1).order_by("-created_at")),
        (
            "order_by_status",
            lambda: Order.objects.filter(status="READY").order_by("-created_at"),
        ),
    ],
)
def test_queries_use_their_index(
    world: None, now: datetime, index: str, rows: Callable[[], Any]
) -> None:
    history.write(count=300, seed=1, now=now)
    assert index in _plan(rows()[:12].values("id"), ("seqscan", "sort", "bitmapscan"))


def test_words_are_found_in_names_descriptions_and_stalls(product: Product) -> None:
    stall = product.stall
    assert product in listing.search(product.name, limit=100)[0]
    assert {row.stall_id for row in listing.search(stall.name, limit=100)[0]} == {stall.id}
    assert product in listing.search("fresh land", limit=100)[0]
    assert listing.search("' | ! & \\ :*", limit=100) == ([], "")
    assert listing.search("zz'zz", limit=100)[0] == []


def test_trigrams_forgive_a_typo_and_not_more() -> None:
    known = ("carrots", "sourdough", "bread", "butter")
    assert trigrams.nearest("carots", known) == "carrots"
    assert trigrams.nearest("sourdouh", known) == "sourdough"
    assert trigrams.nearest("xylophone", known) == "xylophone"
    assert trigrams.similarity("bread", "bread") == 1.0


PROGRAM = """
import os, sys
import django
from django.conf import settings
settings.DATABASES["replica"] = {**settings.DATABASES["default"], "NAME": sys.argv[1]}
django.setup(set_prefix=False)
from django.db import connections
from django.utils import timezone
from farmersmarket.farm import queries
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person
with connections["default"].schema_editor() as editor:
    editor.create_model(Person)
    editor.create_model(Order)
now = timezone.now()
Order.objects.create(name="Ada", email="a@example.org", pickup_at=now, total_cents=1, created_at=now)
assert queries.orders_by_status() == {"PENDING": 1}, "the replica has no tables yet: the primary answers"
with connections["replica"].schema_editor() as editor:
    editor.create_model(Order)
assert queries.orders_by_status() == {}, "the replica lags behind"
assert Order.objects.count() == 1
"""


def test_analytics_read_the_replica_and_the_primary_while_it_is_away(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
        "DJANGO_SETTINGS_MODULE": "farmersmarket.settings",
        "DATABASE_PATH": str(tmp_path / "primary.sqlite3"),
    }
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "replica.sqlite3")]
    subprocess.run(command, env=environment, cwd=ROOT, check=True)


def test_nothing_is_migrated_on_the_replica(settings: LazySettings) -> None:
    assert Router().allow_migrate("replica", "orders") is False
    assert Router().allow_migrate("default", "orders") is None
    assert Router().db_for_read(Order) is None
    assert Router().allow_relation(Order, Person)


def test_the_replica_is_asked_first_and_only_by_analytics(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(settings.DATABASES, "replica", {})
    asked: list[str | None] = []

    @analytics
    def read() -> str | None:
        asked.append(Router().db_for_read(Order))
        if asked[-1] == "replica":
            raise OperationalError
        return "answer"

    assert read() == "answer"
    assert asked == ["replica", None]
    assert "database_connection_error" in caplog.text
    assert Router().db_for_read(Order) is None


@pytest.mark.parametrize(
    ("path", "first", "then"),
    [("/products", 6, 2), ("/api/products?limit=50", 4, 2), ("/stalls", 3, 1)],
)
def test_pages_ask_a_fixed_number_of_times(
    world: None,
    client: Client,
    django_assert_max_num_queries: Any,
    path: str,
    first: int,
    then: int,
) -> None:
    with django_assert_max_num_queries(first):
        client.get(path)
    with django_assert_max_num_queries(then):
        client.get(path)


def test_a_farmers_day_costs_the_same_for_many_orders(
    place: Place, product: Product, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(Person.objects.get(id=product.stall.farmer_id))
    for number in range(12):
        place(1, key=f"{number:024d}")
    with django_assert_max_num_queries(24):
        client.get("/farm")
    assert queries.listed_stalls()
