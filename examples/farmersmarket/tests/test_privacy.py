"""People get what the market knows about them, may leave, and are forgotten in time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from farmersmarket import privacy
from farmersmarket.answers.models import KeptAnswer
from farmersmarket.catalog.models import Product
from farmersmarket.letters import operations as letters
from farmersmarket.letters.models import Letter
from farmersmarket.orders.models import Order, ProviderEvent
from farmersmarket.outbox import operations as outbox
from farmersmarket.outbox.management.commands import deliver
from farmersmarket.outbox.models import Message, Notice
from farmersmarket.people.models import Person
from shopping import collected

Place = Callable[..., Order]
PASSWORD = "correct horse battery"


@pytest.fixture
def ada(db: None, client: Client) -> Person:
    person = Person.objects.create_user("ada@example.org", PASSWORD, name="Ada L.", phone="+491701")
    client.force_login(person)
    return person


@pytest.fixture
def order(ada: Person, place: Place, product: Product, now: datetime) -> Order:
    made = place(2, customer=ada, name="Ada L.", note="Ring twice")
    letters.write(order=made, stall=product.stall, author="customer", text="Hello", now=now)
    return made


def test_everybody_gets_what_is_kept_about_them(order: Order, place: Place, client: Client) -> None:
    place(key="o" * 24, name="Ben", email="ben@example.org")
    answer = client.get("/account/data")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="farmers-market.json"'
    assert answer.headers["Cache-Control"].endswith("private")
    told = answer.json()
    assert told["person"]["email"] == "ada@example.org"
    assert [row["number"] for row in told["orders"]] == [order.number]
    assert told["orders"][0]["messages"][0]["text"] == "Hello"
    assert told["mails"]
    assert "Ben" not in answer.content.decode()
    assert Client().get("/account/data").status_code == 302


def test_a_customer_leaves_and_nothing_but_the_sale_is_left(
    order: Order, product: Product, client: Client
) -> None:
    collected(order)
    Message.objects.create(
        kind="order", channel="sms", recipient="+491701", body="x", due_at=timezone.now(),
        created_at=timezone.now(),
    )  # fmt: skip
    page = client.post("/account/delete", {"password": "wrong"}, follow=True)
    assert "password" in page.content.decode()
    assert Person.objects.filter(email="ada@example.org").exists()
    page = client.post("/account/delete", {"password": PASSWORD}, follow=True)
    assert "Your account is deleted" in page.content.decode()
    assert not Person.objects.filter(email="ada@example.org").exists()
    left = Order.objects.get()
    assert (left.customer, left.name, left.email, left.note) == (None, "", "", "")
    assert (left.total_cents, left.lines.count()) == (order.total_cents, 1)
    assert not Letter.objects.exists()
    assert not Message.objects.filter(recipient__in=["ada@example.org", "+491701"]).exists()
    assert client.get("/account").status_code == 302
    assert client.get(f"/orders/{order.id}/track").status_code == 200
    before = Message.objects.count()
    outbox.order_news(left, now=timezone.now())
    assert Message.objects.count() == before, "there is nobody to tell"


def test_nobody_leaves_an_order_or_a_stall_behind(
    order: Order, product: Product, client: Client
) -> None:
    page = client.post("/account/delete", {"password": PASSWORD}, follow=True)
    assert "open orders first" in page.content.decode()
    assert product.stall.farmer
    product.stall.farmer.set_password(PASSWORD)
    product.stall.farmer.save()
    client.force_login(product.stall.farmer)
    page = client.post("/account/delete", {"password": PASSWORD}, follow=True)
    assert "write to the office" in page.content.decode()
    assert Person.objects.filter(id=product.stall.farmer_id).exists()


def test_guesses_of_the_password_are_limited_here_too(ada: Person, client: Client) -> None:
    for _ in range(6):
        client.post("/account/delete", {"password": "wrong"})
    page = client.post("/account/delete", {"password": PASSWORD}, follow=True)
    assert "Too many tries" in page.content.decode()
    assert Person.objects.filter(id=ada.id).exists()


def test_what_is_old_is_forgotten_and_what_is_new_is_kept(
    place: Place, ada: Person, now: datetime
) -> None:
    mine, guest, fresh = (
        collected(place(key=key * 24, customer=customer))
        for key, customer in (("m", ada), ("g", None), ("f", None))
    )
    Order.objects.exclude(id=fresh.id).update(pickup_at=now - timedelta(days=800))
    Message.objects.all().delete()
    Notice.objects.all().delete()
    for days in (10, 100):
        then = now - timedelta(days=days)
        owed: dict[str, Any] = {
            "kind": "order",
            "recipient": "a@b.c",
            "due_at": then,
            "subject": days,
        }
        for state in ("queued", "sent", "dead"):
            Message.objects.create(**owed, state=state, created_at=then, sent_at=then)
        Notice.objects.create(person=ada, text=str(days), link="/", created_at=then)
        ProviderEvent.objects.create(id=str(days), kind="x", at=then)
        Session.objects.create(session_key=f"old{days}", session_data="", expire_date=then)
    for days in (1, 10):
        KeptAnswer.objects.create(
            person_id=1,
            address="/",
            key=str(days),
            status=200,
            created_at=now - timedelta(days=days),
        )
    deliver._tidy(now)
    assert sorted(Message.objects.values_list("state", "subject")) == [
        ("dead", "10"),
        ("queued", "10"),
        ("queued", "100"),
        ("sent", "10"),
    ]
    assert [row.text for row in Notice.objects.all()] == ["10"]
    assert [row.id for row in ProviderEvent.objects.all()] == ["10"]
    assert [row.key for row in KeptAnswer.objects.all()] == ["1"]
    assert not Session.objects.filter(session_key__startswith="old").exists()
    names = dict(Order.objects.values_list("id", "name"))
    assert names == {mine.id: "Ada", guest.id: "", fresh.id: "Ada"}
    assert privacy.forget_old(now) == 0
