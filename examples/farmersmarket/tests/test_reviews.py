"""Customers say on a product's page what they think of what they have collected."""

from collections.abc import Callable

import pytest
from django.test import Client
from farmersmarket.catalog.models import Product, Review
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person
from shopping import collected

Place = Callable[..., Order]
ASKED = "You have had it: how was it?"


@pytest.fixture
def ada(db: None) -> Person:
    return Person.objects.create_user("ada@example.org", None, name="Ada <b>")


@pytest.fixture
def customer(ada: Person, client: Client) -> Client:
    client.force_login(ada)
    return client


def _page(client: Client, product: Product) -> str:
    return client.get(f"/products/{product.slug}").content.decode()


def _write(client: Client, product: Product, **form: object) -> str:
    address = f"/products/{product.slug}/reviews"
    return client.post(address, form, follow=True).content.decode()


def test_who_has_collected_it_is_asked_once(
    place: Place, product: Product, ada: Person, customer: Client
) -> None:
    order = place(customer=ada)
    assert ASKED not in _page(customer, product)
    collected(order)
    assert (
        f"/products/{product.slug}#reviews"
        in customer.get(f"/orders/{order.id}/track").content.decode()
    )
    assert ASKED in _page(customer, product)
    done = _write(customer, product, stars="4", text="<script>alert(1)</script>\r\nGood.")
    assert "Thank you. Your review is below." in done
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\nGood." in done
    assert "<script>alert" not in done
    assert "Ada &lt;b&gt;" in done
    assert ASKED not in done


def test_a_form_that_is_sent_twice_is_one_review(
    place: Place, product: Product, ada: Person, customer: Client
) -> None:
    collected(place(customer=ada))
    _write(customer, product, stars="4", text="Good.")
    again = _write(customer, product, stars="4", text="Good.")
    assert "You have reviewed this product already." in again
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "label"),
    [
        ({"text": "Lovely"}, "Stars"),
        ({"stars": "6", "text": "Lovely"}, "Stars"),
        ({"stars": "x", "text": "Lovely"}, "Stars"),
        ({"stars": "5", "text": "Lovely" + "x" * 1000}, "In your words"),
        ({"stars": "5", "text": "Lovely\x07"}, "In your words"),
    ],
)
def test_what_is_wrong_is_said_by_its_field_and_the_words_are_kept(
    place: Place, product: Product, ada: Person, customer: Client, form: dict[str, str], label: str
) -> None:
    collected(place(customer=ada))
    page = _write(customer, product, **form)
    assert f"{label}</a>: " in page
    assert "Lovely" in page
    assert not Review.objects.exists()


def test_others_are_not_asked_and_not_heard(
    place: Place, product: Product, ada: Person, customer: Client
) -> None:
    collected(place())
    assert ASKED not in _page(customer, product)
    assert "customers who have collected" in _write(customer, product, stars="1")
    seller = Client()
    seller.force_login(product.stall.farmer)
    assert ASKED not in _page(seller, product)
    _write(seller, product, stars="5")
    guest = Client()
    assert "Log in" in _write(guest, product, stars="5")
    assert not Review.objects.exists()
    assert customer.post("/products/none/reviews", {"stars": "5"}).status_code == 404
