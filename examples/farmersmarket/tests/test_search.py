"""Search gives the same answers on SQLite and PostgreSQL, stays in step with every write, and takes whatever is typed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.test import Client
from farmersmarket.catalog import edition, listing, operations, queries
from farmersmarket.catalog.full_text import PRODUCTS, STALLS
from farmersmarket.catalog.models import Product, Stall
from farmersmarket.farm import queries as figures
from farmersmarket.orders.full_text import ORDERS
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person

GOODS = {
    "Äpfel, Boskop 1.5 kg": ("Hof Grünau", "Mühlbach", "säuerlich"),
    "Apple-tart": ("Bakery Otto", "Talheim", "rye/spelt dough; half&half"),
    "Carrots 2kg": ("Hof Grünau", "Mühlbach", "from our fields"),
    "Farmer's cheese": ("Dairy Hahn", "Talheim", "see example.org/cheese or mail a.b@example.org"),
    "Sourdough bread": ("Bakery Otto", "Talheim", "<b>baked</b> at 04:30"),
    "海苔 nori": ("Import", "Hafen", "0.25l, 1e5 uses"),
}


@pytest.fixture
def goods(db: None) -> None:
    """A market of a few things whose names are hard to take apart."""
    for number, (name, (stall, town, description)) in enumerate(GOODS.items()):
        row, _ = Stall.objects.get_or_create(
            name=stall, defaults={"slug": f"s{number}", "town": town, "verified": True}
        )
        facts = {"name": name, "description": description, "category": "pantry"}
        Product.objects.create(stall=row, slug=f"p{number}", price_cents=100, **facts)
    edition.turn()


def _found(text: str) -> list[str]:
    return [row.name for row in listing.search(text, limit=100)[0]]


APPLES, TART, CARROTS, CHEESE, BREAD, NORI = GOODS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("carrots", {CARROTS}),
        ("CARR", {CARROTS}),
        ("arrots", {CARROTS}),  # no word begins like this: taken for a typo
        ("carots", {CARROTS}),
        ("äpfel", {APPLES}),
        ("ÄPF", {APPLES}),
        ("A\u0308pfel", {APPLES}),
        ("apfel", set()),
        ("säuer", {APPLES}),
        ("tart", {TART}),
        ("apple tart", {TART}),
        ("apple_tart", {TART}),
        ("spelt", {TART}),
        ("half", {TART}),
        ("1.5", {APPLES}),
        ("5 kg", {APPLES}),
        ("2kg", {CARROTS}),
        ("1e5", {NORI}),
        ("25l", {NORI}),
        ("farmer's", {CHEESE}),
        ("cheese example", {CHEESE}),
        ("baked", {BREAD}),
        ("30", {BREAD}),
        ("海苔", {NORI}),
        ("海", {NORI}),
        ("otto", {TART, BREAD}),
        ("otto bread", {BREAD}),
        ("talheim sour", {BREAD}),
        ("mülbach", {APPLES, CARROTS}),
        ("hof carrots mühlbach fields", {CARROTS}),
        ("xylophone", set()),
        ("", set()),
        ("...", set()),
    ],
)
def test_the_same_words_find_the_same(goods: None, text: str, found: set[str]) -> None:
    assert set(_found(text)) == found
    words = [row.name for row in queries.browse(words=text)[0]]
    assert words == (sorted(found, key=words.index) if any(map(str.isalnum, text)) else words)


@pytest.mark.parametrize(
    "text",
    [
        '"', "'", "\\", "*", "car*", '"car', "NEAR(carrots 2)", "carrots NEAR bread", "AND", "NOT",
        "name:carrots", "^carrots", "{name} : x", "carrots OR bread", "a AND (", "-- ;", "%", "_",
        "'; DROP TABLE product_text; --", "' | ! & \\ :*", "<->", "\x00", "car\x00rots", "\x1b[0m",
        "\ufeff", "\u202ecarrots", "½", "²", "İ", "ß", "\U0001f955", "a" * 101, "a" * 10_000,
        "ä " * 5_000, '"' * 10_000, "\x00" * 10_000, "\N{COMBINING DIAERESIS}" * 90,
    ],
)  # fmt: skip
def test_whatever_is_typed_gets_an_answer(db: None, client: Client, text: str) -> None:
    client.raise_request_exception = False
    assert client.get("/products", {"q": text}).status_code == 200
    assert client.get("/api/products/search", {"q": text}).status_code in (200, 422)
    client.force_login(Person.objects.create_superuser("boss@example.org", "x" * 12, name="Boss"))
    assert client.get("/office", {"q": text}).status_code == 200


def test_search_is_in_step_with_every_write(goods: None, now: datetime) -> None:
    stall = Stall.objects.get(name="Import")
    facts = operations.Facts("Green tea", "", "pantry", "piece", 100, False)
    made = operations.create(stall=stall, facts=facts, stock=1, now=now)
    assert _found("tea") == ["Green tea"]
    Product.objects.filter(id=made.id).update(name="White tea", description="from Kyoto")
    Stall.objects.filter(id=stall.id).update(name="Overseas")
    Product.objects.bulk_create(
        [Product(stall=stall, slug="again", name="Ignored", price_cents=1)] * 2,
        ignore_conflicts=True,
    )
    edition.turn()
    assert (_found("green tea"), _found("kyoto")) == ([], ["White tea"])
    assert set(_found("overseas")) == {NORI, "White tea", "Ignored"}
    made.delete()
    edition.turn()
    assert _found("kyoto") == []


def test_the_office_finds_orders_by_name_and_address(place: Any) -> None:
    order = place(name="Zoë O'Neill", email="zoe.oneill@mail.example.org")
    for words in ("zoë", "ZOË O'NEILL", "o'neil", "zoe.oneill@mail.example.org", "mail.example"):
        assert figures.find_orders(words) == [order], words
    assert figures.find_orders("nobody") == []
    Order.objects.filter(id=order.id).update(name="Ben")
    assert (figures.find_orders("zoë"), figures.find_orders("ben")) == ([], [order])


@pytest.fixture
def forwards_again() -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_the_indexes_can_be_taken_back_and_built_again(goods: None, forwards_again: None) -> None:
    call_command("migrate", "catalog", "0005", verbosity=0)
    call_command("migrate", "orders", "0004", verbosity=0)
    assert not {PRODUCTS.name, STALLS.name, ORDERS.name} & _names()
    assert ("product_words" in _names()) is (connection.vendor == "postgresql")
    Product.objects.filter(name=BREAD).update(name="Rye bread")
    call_command("migrate", verbosity=0)
    assert {PRODUCTS.name, STALLS.name, ORDERS.name} <= _names()
    assert "product_words" not in _names()
    assert (_found("rye bread"), _found(CARROTS)) == (["Rye bread"], [CARROTS])


def _names() -> set[str]:
    catalogue = "pg_class" if connection.vendor == "postgresql" else "sqlite_master"
    name = "relname" if connection.vendor == "postgresql" else "name"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {catalogue}")
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db(transaction=True)
def test_a_table_that_is_made_anew_keeps_its_search(goods: None) -> None:
    """As a later migration does on SQLite to change a column."""
    former, wider = Product._meta.get_field("unit"), models.CharField(max_length=30)
    wider.set_attributes_from_name("unit")
    wider.model = Product
    for before, after in ((former, wider), (wider, former)):
        with connection.schema_editor() as editor:
            editor.alter_field(Product, before, after)
        Product.objects.filter(name__contains="bread").update(name=f"{after.max_length} bread")
        call_command("migrate", verbosity=0)
        edition.turn()
        assert _found("bread") == _found(f"{after.max_length}") == [f"{after.max_length} bread"]
