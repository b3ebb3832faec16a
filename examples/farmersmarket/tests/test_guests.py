"""How many orders a visitor may place, and that nobody is kept from theirs by what somebody else writes."""

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client
from farmersmarket.answers import limits
from farmersmarket.catalog.models import Product
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person
from shopping import fill_cart

HERE, THERE = "203.0.113.7", "198.51.100.20"


@pytest.fixture(autouse=True)
def few(settings: LazySettings) -> None:
    settings.ORDERS_OF_CUSTOMER, settings.ORDERS_OF_NETWORK = 2, 4


def _order(product: Product, network: str, email: str = "ada@example.org") -> HttpResponse:
    visitor = Client(REMOTE_ADDR=network)
    return visitor.post("/checkout", {**fill_cart(visitor, product), "email": email})


def _answers(product: Product, *visitors: tuple[str, str]) -> list[int]:
    return [_order(product, *visitor).status_code for visitor in visitors]


def test_one_guest_orders_so_often_and_keeps_the_cart(product: Product) -> None:
    assert _answers(product, (HERE, "ada@example.org"), (HERE, "Ada@Example.org")) == [302, 302]
    visitor = Client(REMOTE_ADDR=HERE)
    refused = visitor.post("/checkout", fill_cart(visitor, product))
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == str(limits.HOUR)
    assert "wait an hour, or log in" in refused.content.decode()
    assert product.name in visitor.get("/cart").content.decode()
    assert Order.objects.count() == 2
    assert Product.objects.get(id=product.id).stock == product.stock - 2


def test_new_addresses_do_not_help_a_network(product: Product) -> None:
    visitors = [(HERE, f"guest{number}@example.org") for number in range(5)]
    assert _answers(product, *visitors) == [302] * 4 + [429]


def test_nobody_is_locked_out_by_their_address(product: Product) -> None:
    assert _answers(product, *[(HERE, "ada@example.org")] * 3)[-1] == 429
    assert _answers(product, (THERE, "ada@example.org"), (HERE, "ben@example.org")) == [302, 302]


def test_a_customer_of_a_provider_has_one_network(product: Product) -> None:
    visitors = [(f"2001:db8:1:2::{number:x}", f"g{number}@example.org") for number in range(5)]
    assert _answers(product, *visitors) == [302] * 4 + [429]
    assert _answers(product, ("2001:db8:1:3::1", "ada@example.org")) == [302]
    # The same network as an IPv4 socket and as an IPv6 socket name it.
    both = [HERE, f"::ffff:{HERE}"] * 2
    mapped = [(network, f"m{number}@example.org") for number, network in enumerate(both)]
    assert _answers(product, *mapped, (HERE, "last@example.org")) == [302] * 4 + [429]


def test_a_form_counts_once_however_often_it_is_sent(
    product: Product, settings: LazySettings
) -> None:
    settings.ORDERS_OF_CUSTOMER = 1
    visitor = Client(REMOTE_ADDR=HERE)
    form = fill_cart(visitor, product)
    Product.objects.filter(id=product.id).update(stock=0)
    assert [visitor.post("/checkout", form).status_code for _ in range(3)] == [409] * 3
    Product.objects.filter(id=product.id).update(stock=5)
    assert [visitor.post("/checkout", form).status_code for _ in range(2)] == [302] * 2
    assert Order.objects.count() == 1
    assert _answers(product, (HERE, "ada@example.org")) == [429]


def test_an_account_is_counted_by_itself(product: Product) -> None:
    _answers(product, *[(HERE, f"guest{number}@example.org") for number in range(5)])
    regular = Client(REMOTE_ADDR=HERE)
    regular.force_login(Person.objects.create_user("eva@example.org", None, name="Eva"))
    answers = [regular.post("/checkout", fill_cart(regular, product)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "You have placed many orders." in answers[-1].content.decode()


@pytest.mark.parametrize("machine", ["127.0.0.1", "::1", "::ffff:127.0.0.1", ""])
def test_a_proxy_that_does_not_say_for_whom_is_not_one_visitor(
    product: Product, machine: str
) -> None:
    assert _answers(product, *[(machine, "ada@example.org")] * 6) == [302] * 6


def test_limits_can_be_taken_away(product: Product, settings: LazySettings) -> None:
    settings.ORDERS_OF_CUSTOMER = settings.ORDERS_OF_NETWORK = 0
    assert _answers(product, *[(HERE, "ada@example.org")] * 6) == [302] * 6
