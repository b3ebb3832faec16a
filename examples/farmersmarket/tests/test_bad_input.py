"""What a market gets that it should not: each is refused in words, and nothing is lost or sold twice."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from farmersmarket.catalog.models import PickupSlot, Product, ProductImage, Stall
from farmersmarket.farm import queries
from farmersmarket.orders import domain, operations
from farmersmarket.orders.models import Order
from farmersmarket.outbox import operations as outbox
from farmersmarket.outbox.models import Message
from farmersmarket.people.models import ApiToken, Person
from shopping import collected, fill_cart, png, upload

Place = Callable[..., Order]
FARMER = {
    "name": "Ada", "email": "ada@example.org", "password": "correct horse battery",
    "stall": "Ada_s stall", "town": "Talheim",
}  # fmt: skip


@pytest.fixture
def shared(place: Place, product: Product) -> tuple[Order, Person, Person]:
    """An order of goods of two stalls, and their farmers."""
    slot = PickupSlot.objects.filter(stall=product.stall).order_by("starts_at")[0]
    other = (
        Product.objects.exclude(stall=product.stall)
        .filter(stall__slots__starts_at=slot.starts_at)
        .select_related("stall__farmer")[0]
    )
    lines = [
        domain.Line(product.id, 1, product.price_cents),
        domain.Line(other.id, 2, other.price_cents),
    ]
    assert product.stall.farmer
    assert other.stall.farmer
    return place(lines=lines), product.stall.farmer, other.stall.farmer


def test_two_farmers_of_one_order_see_their_own_part(
    shared: tuple[Order, Person, Person], now: datetime
) -> None:
    order, *farmers = shared
    later = order.pickup_at - timedelta(hours=1)
    parts = [queries.tasks(farmer, later)[0].lines for farmer in farmers]
    assert [len(lines) for lines in parts] == [1, 1]
    assert {line.id for lines in parts for line in lines} == set(
        order.lines.values_list("id", flat=True)
    )
    cents = [sum(week.cents for week in queries.weeks(farmer, now)) for farmer in farmers]
    assert sum(cents) == order.total_cents


def test_two_farmers_of_one_order_take_each_step_once(
    shared: tuple[Order, Person, Person],
) -> None:
    order, first, second = shared
    address, body = f"/api/orders/{order.id}/status", {"status": "CONFIRMED"}
    statuses = []
    for farmer in (first, first, second, second):
        client = Client()
        client.force_login(farmer)
        statuses.append(client.put(address, body, content_type="application/json").status_code)
    assert statuses == [200, 409, 200, 409]
    assert list(order.events.values_list("status", "part")) == [
        ("PENDING", ""),
        ("PENDING", "CONFIRMED"),
        ("CONFIRMED", "CONFIRMED"),
    ]


@pytest.mark.parametrize("quantity", ["-3", "0", "1e9", "٣", "4294967296", "NaN", "1;drop"])
def test_absurd_quantities_sell_nothing(product: Product, client: Client, quantity: str) -> None:
    client.post("/cart/change", {"product": product.id, "quantity": quantity, "add": "1"})
    assert client.get("/cart").context["cart_size"] == 0


def test_more_than_anybody_carries_becomes_fifty(product: Product, client: Client) -> None:
    client.post("/cart/change", {"product": product.id, "quantity": "999999999", "add": "1"})
    assert client.get("/cart").context["cart_size"] == 50


def test_a_full_cart_says_so(product: Product, client: Client) -> None:
    session = client.session
    session["cart"] = {str(number): [1, 100] for number in range(10**6, 10**6 + 40)}
    session.save()
    sent = {"product": product.id, "quantity": "1", "add": "1"}
    page = client.post("/cart/change", sent, follow=True).content.decode()
    assert "is in your cart" not in page
    assert "at most 40 products" in page


def test_an_order_that_nobody_can_pay_is_refused_in_words(
    product: Product, client: Client, place: Place
) -> None:
    Product.objects.update(price_cents=10_000_000)
    others = Product.objects.filter(stall=product.stall)[:5]
    for other in others:
        form = fill_cart(client, other, 50)
    answer = client.post("/checkout", form)
    assert answer.status_code == 409
    assert "less than €1,000,000" in answer.content.decode()
    assert not Order.objects.exists()


def test_an_expired_session_loses_no_order_and_asks_to_log_in(
    product: Product, client: Client
) -> None:
    client.force_login(product.stall.farmer)
    form = fill_cart(client, product)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    answer = client.post("/checkout", form, follow=True)
    assert "Your cart is empty" in answer.content.decode()
    assert client.get("/farm").headers["Location"] == "/login?next=/farm"
    assert not Order.objects.exists()


def test_what_belongs_to_others_is_not_found_by_its_id(product: Product, client: Client) -> None:
    other = Product.objects.exclude(stall=product.stall)[0]
    image = ProductImage.objects.create(product=other, key="k", width=1, height=1)
    mine = Person.objects.create_user("ada@example.org", None, name="Ada")
    token = ApiToken.objects.create(
        person=other.stall.farmer, name="t", digest="d", created_at=timezone.now()
    )
    client.force_login(product.stall.farmer)
    address = f"/api/products/{product.slug}/images/{image.id}"
    assert client.delete(address).status_code == 404
    assert client.delete(f"/api/products/{other.slug}/images/{image.id}").status_code == 403
    client.force_login(mine)
    client.post(f"/account/tokens/{token.id}")
    assert client.post(f"/office/stalls/{other.stall_id}/close").status_code == 403
    assert ApiToken.objects.exists()
    assert ProductImage.objects.exists()


def test_scripts_in_names_and_reviews_stay_text(
    product: Product, place: Place, client: Client
) -> None:
    script = "<script>alert(1)</script>"
    Product.objects.filter(id=product.id).update(name=script, description=script)
    ada = Person.objects.create_user("ada@example.org", None, name=script)
    collected(place(customer=ada))
    client.force_login(ada)
    sent = {"stars": 1, "text": script}
    address = f"/api/products/{product.slug}/reviews"
    assert client.post(address, sent, content_type="application/json").status_code == 201
    shown = client.get(address)
    assert shown.headers["Content-Type"].startswith("application/json")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/", "/products", f"/products/{product.slug}", "/account", "/cart"):
        assert script not in client.get(path).content.decode(), path


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_provider_that_is_down_delays_news_and_no_order(
    product: Product,
    client: Client,
    settings: LazySettings,
    now: datetime,
    channel: str,
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_URL = "AC1", "http://127.0.0.1:9"
    assert client.post("/checkout", fill_cart(client, product)).status_code == 302
    Message.objects.update(channel=channel)
    moment = timezone.now()
    assert outbox.send_due(now=moment) == 0
    row = Message.objects.order_by("id")[0]
    assert (row.state, row.attempts) == ("queued", 1)
    assert row.due_at > moment


def test_bytes_that_no_database_takes_are_refused(product: Product, client: Client) -> None:
    client.raise_request_exception = False
    client.force_login(product.stall.farmer)
    nul = base64.urlsafe_b64encode(json.dumps(["name", "\0", 1]).encode()).decode()
    new = {"stall": "\0", "name": "x", "category": "fruit", "price_cents": 1}
    picture = {"image": upload(png(4, 4)), "alt": "a\0b"}
    answers = [
        client.get("/api/orders/%00"),
        client.put("/api/orders/%00/status", {"status": "READY"}, "application/json"),
        client.post("/api/orders/%00/seen", {"status": "READY"}, "application/json"),
        client.get("/api/products", {"cursor": nul}),
        client.post("/api/products", new, "application/json"),
        client.post(f"/api/products/{product.slug}/images", picture),
        client.post("/checkout", {"checkout_key": "\0"}),
        client.post("/account/tokens", {"name": "a\0b"}),
        client.get("/api/products", headers={"Authorization": "Bearer \0"}),
        client.get("/products", {"category": "\0", "page": "\0"}),
    ]
    statuses = [answer.status_code for answer in answers]
    assert all(status < 500 for status in statuses), statuses


def test_a_stall_with_an_underscore_is_reached_by_programs(client: Client, db: None) -> None:
    client.post("/sign-up", FARMER)
    stall = Stall.objects.get()
    Stall.objects.update(verified=True)
    new = {"stall": stall.slug, "name": "Leek_1", "category": "vegetables", "price_cents": 100}
    made = client.post("/api/products", new, "application/json")
    assert made.status_code == 201
    assert client.get(f"/api/products/{made.json()['slug']}").status_code == 200
    assert client.get("/api/products", {"stall": stall.slug}).json()["products"]


def test_a_customer_of_one_order_cannot_move_another(place: Place, now: datetime) -> None:
    order = place()
    for wanted in ("CONFIRMED", "REFUNDED"):
        with pytest.raises(domain.OrderProblem):
            operations.change_status(
                order_id=order.id, wanted=wanted, role="customer", actor="x", now=now
            )
