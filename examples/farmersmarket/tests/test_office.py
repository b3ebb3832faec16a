"""The market's office opens, declines and suspends stalls, and everybody concerned is told."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.utils import timezone
from farmersmarket.catalog.models import PickupSlot, Product, Stall
from farmersmarket.farm import operations
from farmersmarket.orders import domain
from farmersmarket.orders import operations as orders
from farmersmarket.orders.models import Order
from farmersmarket.outbox.models import Message, Notice
from farmersmarket.outbox.operations import send_due
from farmersmarket.people.models import Person
from shopping import fill_cart

Place = Callable[..., Order]


@pytest.fixture
def boss(db: None) -> Person:
    return Person.objects.create_superuser("boss@example.org", "x" * 12, name="Boss")


@pytest.fixture
def office(boss: Person) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def _close(office: Client, stall: Stall, **form: str) -> str:
    address = f"/office/stalls/{stall.id}/close"
    return office.post(
        address, {"reason": "No hygiene <certificate>", **form}, follow=True
    ).content.decode()


def test_a_stall_is_declined_for_a_reason_and_opened_after_all(
    world: None, office: Client, settings: LazySettings
) -> None:
    farmer = Client()
    farmer.post(
        "/sign-up",
        {
            "name": "Ida",
            "email": "ida@example.org",
            "password": "correct horse battery",
            "stall": "Ida's Eggs",
            "town": "Talheim",
        },
    )
    stall = Stall.objects.get(name="Ida's Eggs")
    assert "It stays closed." in office.get(f"/office/stalls/{stall.id}").content.decode()
    page = _close(office, stall)
    assert "Ida&#x27;s Eggs is declined. Its farmer is told why." in page
    assert "Ida&#x27;s Eggs" not in office.get("/office").content.decode()
    assert "Declined" in office.get("/office/stalls?q=eggs").content.decode()
    assert "No hygiene &lt;certificate&gt;" in farmer.get("/farm").content.decode()
    assert "Ida&#x27;s Eggs is declined" in farmer.get("/notices").content.decode()
    settings.EMAIL_HOST = "localhost"
    send_due(now=timezone.now())
    assert (mail.outbox[-1].to, mail.outbox[-1].subject) == (
        ["ida@example.org"],
        "Ida's Eggs is declined",
    )
    assert "No hygiene <certificate>" in mail.outbox[-1].body
    office.post(f"/office/stalls/{stall.id}/open")
    assert farmer.get(f"/stalls/{stall.slug}").status_code == 200
    assert Notice.objects.latest("id").text == "Ida's Eggs is open"
    assert "certificate" not in farmer.get("/farm").content.decode()


def test_nothing_of_a_suspended_stall_can_be_found_or_bought(
    product: Product, client: Client, office: Client
) -> None:
    form = fill_cart(client, product)
    everywhere = (
        "/",
        "/products",
        f"/products?q={product.name}",
        "/stalls",
        "/api/products?limit=100",
        f"/api/products/search?q={product.name}",
        "/cart",
    )
    assert any(product.stall.name in client.get(path).content.decode() for path in everywhere)
    _close(office, product.stall)
    answer = client.post("/checkout", form)
    assert (answer.status_code, Order.objects.count()) == (409, 0)
    assert "no longer on sale" in answer.content.decode()
    for path in everywhere:
        text = client.get(path).content.decode()
        assert product.slug not in text, path
        assert product.stall.slug not in text, path
    for path in (f"/products/{product.slug}", f"/stalls/{product.stall.slug}"):
        assert client.get(path).status_code == 404
    client.post("/cart/change", {"product": product.id, "quantity": 1, "add": "1"})
    assert not client.session.get("cart")
    office.post(f"/office/stalls/{product.stall_id}/open")
    assert client.get(f"/products/{product.slug}").status_code == 200


def test_what_happens_to_open_orders_is_said_before_it_is_done(
    place: Place, product: Product, office: Client
) -> None:
    other = Product.objects.exclude(stall=product.stall)[0]
    both = [domain.Line(item.id, 1, item.price_cents) for item in (product, other)]
    place()
    place(key="l" * 24, lines=both)
    page = office.get(f"/office/stalls/{product.stall_id}").content.decode()
    assert "It has 2 open orders" in page
    assert "1 holds products of other stalls too, and is cancelled as a whole." in page
    _close(office, product.stall, orders="keep")
    assert set(Order.objects.values_list("status", flat=True)) == {"PENDING"}
    assert "Cancel 2 orders" in office.get(f"/office/stalls/{product.stall_id}").content.decode()
    farmer = Client()
    farmer.force_login(product.stall.farmer)
    assert "hand over the orders below all the same" in farmer.get("/farm").content.decode()
    office.post(f"/office/stalls/{product.stall_id}/orders")
    assert set(Order.objects.values_list("status", flat=True)) == {"CANCELLED"}


def test_open_orders_are_cancelled_on_demand_and_customers_are_told_why(
    place: Place, product: Product, office: Client
) -> None:
    Stall.objects.filter(id=product.stall_id).update(name="Ida's Eggs")
    order = place(2)
    page = _close(office, product.stall, orders="cancel")
    assert "1 order cancelled." in page
    order.refresh_from_db()
    assert order.status == "CANCELLED"
    told = Message.objects.filter(kind="order").latest("id").body
    assert "Ida's Eggs cannot hand out orders at the moment." in told
    assert Product.objects.get(id=product.id).stock == product.stock


def test_a_stall_with_open_orders_is_not_touched_by_a_wrong_form(
    place: Place, product: Product, office: Client
) -> None:
    place()
    address = f"/office/stalls/{product.stall_id}/close"
    for reason, said in ((" \x00", "please tell the farmer why"), ("x" * 501, "below 500")):
        answer = office.post(address, {"reason": reason, "orders": "cancel"})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert office.post(f"/office/stalls/{product.stall_id}/orders", follow=True).status_code == 200
    assert Order.objects.get().status == "PENDING"
    assert Stall.objects.get(id=product.stall_id).verified
    _close(office, product.stall)
    assert "is suspended already" in _close(office, product.stall)
    assert Message.objects.filter(kind="stall").count() == 1
    assert office.post("/office/stalls/987654/close").status_code == 404


def test_an_order_that_is_being_placed_while_its_stall_closes_fails_whole(
    place: Place, product: Product, boss: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = orders._book

    def closed_meanwhile(stalls: list[int], starts_at: datetime) -> list[int]:
        operations.close_stall(stall_id=product.stall_id, reason="Fire", by=boss, now=now)
        return book(stalls, starts_at)

    monkeypatch.setattr(orders, "_book", closed_meanwhile)
    with pytest.raises(domain.Gone, match="no longer on sale"):
        place()
    assert not Order.objects.exists()
    assert not PickupSlot.objects.filter(booked__gt=0).exists()


@pytest.mark.parametrize("path", ["", "/{}", "/{}/open", "/{}/close", "/{}/orders"])
def test_only_the_office_looks_after_stalls(product: Product, client: Client, path: str) -> None:
    address = f"/office/stalls{path}".format(product.stall_id)
    client.force_login(product.stall.farmer)
    assert 403 in {client.get(address).status_code, client.post(address).status_code}
    assert Stall.objects.get(id=product.stall_id).verified
