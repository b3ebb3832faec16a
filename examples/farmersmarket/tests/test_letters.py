"""Customers and farmers write to each other about an order."""

from collections.abc import Callable

import pytest
from django.test import Client
from farmersmarket.catalog.models import Product, Stall
from farmersmarket.letters import operations
from farmersmarket.letters.models import Letter
from farmersmarket.orders.models import Order
from farmersmarket.outbox.models import Message, Notice
from farmersmarket.people.models import Person

Place = Callable[..., Order]


@pytest.fixture
def order(place: Place) -> Order:
    return place()


@pytest.fixture
def address(order: Order, product: Product) -> str:
    return f"/orders/{order.id}/letters/{product.stall.slug}"


def _as(person: Person | None) -> Client:
    client = Client()
    if person:
        client.force_login(person)
    return client


def test_a_question_is_told_answered_and_told_back(
    order: Order, product: Product, address: str, client: Client
) -> None:
    farmer = _as(product.stall.farmer)
    answer = client.post(address, {"text": "Can I come\r\nat <b>five</b>?\x07"})
    assert answer.headers["Location"] == f"/orders/{order.id}/track#letters"
    notice = Notice.objects.filter(person=product.stall.farmer).first()
    assert notice is not None
    assert (notice.text, notice.link) == (f"A message about {order.number}", "/farm#letters")
    assert Letter.objects.get().text == "Can I come\nat <b>five</b>?"
    page = farmer.get("/farm").content.decode()
    assert "at &lt;b&gt;five&lt;/b&gt;?" in page
    farmer.post(address, {"text": "Yes.", "from": "farm"})
    assert "five" not in farmer.get("/farm").content.decode()
    mail = Message.objects.get(kind="letter", recipient=order.email)
    assert mail.subject == f"{product.stall.name} wrote about {order.number}"
    assert f"/orders/{order.id}/track#letters" in mail.body
    page = client.get(f"/orders/{order.id}/track").content.decode()
    assert page.index("&lt;b&gt;five") < page.index("Yes.")


def test_a_customer_with_an_account_hears_by_the_bell(
    place: Place, product: Product, client: Client
) -> None:
    ada = Person.objects.create_user("ada@example.org", None, name="Ada")
    order = place(customer=ada)
    farmer = _as(product.stall.farmer)
    farmer.post(f"/orders/{order.id}/letters/{product.stall.slug}", {"text": "It is ready early."})
    assert ada.notices.get(text__contains="wrote about").link.endswith("/track#letters")


def test_a_farmer_may_say_that_no_answer_is_needed(
    order: Order, product: Product, address: str, client: Client
) -> None:
    client.post(address, {"text": "Thank you!"})
    farmer = _as(product.stall.farmer)
    assert "Thank you!" in farmer.get("/farm").content.decode()
    farmer.post(address, {"settle": "1", "from": "farm"})
    assert "Thank you!" not in farmer.get("/farm").content.decode()
    client.post(address, {"settle": "1"})
    assert Letter.objects.count() == 1


def test_wrong_letters_are_refused_in_words(
    order: Order, address: str, client: Client, product: Product
) -> None:
    other = Stall.objects.exclude(id=product.stall_id)[0]
    for path, text, said in (
        (address, " \n\x00", "write something first"),
        (address, "x" * 1001, "below 1000 characters"),
        (f"/orders/{order.id}/letters/{other.slug}", "hello", "no part in the order"),
    ):
        assert said in client.post(path, {"text": text}, follow=True).content.decode()
    assert not Letter.objects.exists()
    assert client.post(f"/orders/{order.id[:-1]}/letters/{other.slug}").status_code == 404
    assert client.post(f"/orders/{order.id}/letters/nowhere").status_code == 404


def test_letters_are_limited(order: Order, address: str, client: Client) -> None:
    for number in range(operations.MOST):
        client.post(address, {"text": f"hello {number}"})
    page = client.post(address, {"text": "again"}, follow=True).content.decode()
    assert "Please wait an hour" in page
    assert Letter.objects.count() == operations.MOST


def test_strangers_do_not_write_as_a_stall_or_read_what_is_not_theirs(
    order: Order, product: Product, address: str, client: Client
) -> None:
    client.post(address, {"text": "For the stall only"})
    stranger = Person.objects.filter(role="farmer").exclude(id=product.stall.farmer_id)[0]
    assert _as(stranger).post(address, {"text": "I am the stall"}).status_code == 403
    page = _as(stranger).get(f"/orders/{order.id}/track").content.decode()
    assert "For the stall only" not in page
    boss = Person.objects.create_superuser("boss@example.org", "x" * 12, name="Boss")
    assert _as(boss).post(address, {"text": "I am the office"}).status_code == 403
    assert Letter.objects.count() == 1
