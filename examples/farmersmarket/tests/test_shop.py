"""What a customer does, through the pages."""

import pytest
from django.test import Client
from farmersmarket.catalog.models import PickupSlot, Product
from farmersmarket.orders.models import Order
from farmersmarket.outbox.models import Message
from shopping import fill_cart

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/stalls",
        "/products",
        "/products?q=apple&category=fruit",
        "/products?page=zz&category=%00",
        "/cart",
    ],
)
def test_pages_answer(world: None, client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]


def test_a_customer_orders_and_follows_the_order(product: Product, client: Client) -> None:
    form = fill_cart(client, product, 3)
    answer = client.post("/checkout", form)
    order = Order.objects.get()
    assert answer.headers["Location"] == f"/orders/{order.id}/track"
    assert answer.headers["x-golive-route"] == "/checkout"
    assert order.total_cents == 3 * product.price_cents
    page = client.get(answer.headers["Location"])
    assert page.headers["x-golive-route"] == "/orders/{order_id}/track"
    assert order.number in page.content.decode()
    assert Message.objects.get(kind="order").recipient == "ada@example.org"
    assert not client.session.get("cart")


def test_the_same_form_twice_is_one_order(product: Product, client: Client) -> None:
    form = fill_cart(client, product)
    first = client.post("/checkout", form)
    second = client.post("/checkout", form)
    assert first.headers["Location"] == second.headers["Location"]
    assert Order.objects.count() == 1


def test_a_price_that_changed_is_shown_before_it_is_paid(product: Product, client: Client) -> None:
    form = fill_cart(client, product)
    Product.objects.filter(id=product.id).update(price_cents=product.price_cents + 50)
    answer = client.post("/checkout", form)
    assert answer.status_code == 409
    assert "price of" in answer.content.decode()
    assert client.post("/checkout", form).status_code == 302


def test_a_full_pickup_time_is_refused(product: Product, client: Client) -> None:
    form = fill_cart(client, product)
    PickupSlot.objects.filter(stall=product.stall).update(capacity=0)
    assert client.post("/checkout", form).status_code == 422
    assert not Order.objects.exists()


def test_a_cart_that_changed_in_another_tab_is_shown_before_it_is_ordered(
    product: Product, client: Client
) -> None:
    form = fill_cart(client, product)
    form["seen"] = client.get("/checkout").context["form"]["seen"].value()
    client.post("/cart/change", {"product": product.id, "quantity": "5"})
    answer = client.post("/checkout", form)
    assert answer.status_code == 409
    assert "Your cart has changed" in answer.content.decode()
    assert not Order.objects.exists()
    shown = answer.context["form"]
    form |= {name: shown[name].value() for name in ("seen", "checkout_key")}
    assert client.post("/checkout", form).status_code == 302
    assert Order.objects.get().total_cents == 5 * product.price_cents
    # Back to the form that was sent, with another cart: what was ordered stays, and so does what is in the cart.
    fill_cart(client, product, 2)
    assert client.post("/checkout", form).status_code == 409
    assert client.get("/cart").context["cart_size"] == 2


@pytest.mark.parametrize("path", ["/cart", "/checkout"])
def test_a_browser_keeps_no_page_with_a_name_for_the_next_visitor(
    product: Product, client: Client, path: str
) -> None:
    fill_cart(client, product)
    assert "no-store" in client.get(path).headers["Cache-Control"]


@pytest.mark.parametrize("quantity", ["-1", "0x3", "", "9" * 30, "1.5"])
def test_absurd_quantities_change_nothing(product: Product, client: Client, quantity: str) -> None:
    client.post("/cart/change", {"product": product.id, "quantity": quantity, "add": "1"})
    assert not client.session.get("cart")


def test_scripts_in_names_stay_text(product: Product, client: Client) -> None:
    form = fill_cart(client, product) | {"name": "<script>alert(1)</script>"}
    page = client.get(client.post("/checkout", form).headers["Location"])
    assert "<script>alert" not in page.content.decode()


def test_checkout_answers_503_when_payments_are_down(
    product: Product, client: Client, settings: object
) -> None:
    settings.PAYMENT_URL = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    answer = client.post("/checkout", fill_cart(client, product))
    assert answer.status_code == 503
    assert "cart is kept" in answer.content.decode()
    assert not Order.objects.exists()
    assert Product.objects.get(id=product.id).stock == product.stock


def test_a_form_without_its_token_is_refused(product: Product) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post("/cart/change", {"product": product.id}).status_code == 403


def test_health_shows_payments_and_readiness_goes_on(client: Client, settings: object) -> None:
    assert client.get("/api/health").json()["checks"]["payments"]["status"] == "unknown"
    settings.PAYMENT_URL = "http://127.0.0.1:9"  # type: ignore[attr-defined]
    answer = client.get("/api/health")
    assert (answer.status_code, answer.json()["checks"]["payments"]["status"]) == (503, "down")
    assert client.get("/api/ready").status_code == 200
