"""Cards by Stripe: paid once, told twice, forged, late, out of order, down; and no order or money is lost."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.test import Client
from farmersmarket.catalog.models import Product
from farmersmarket.money import euro
from farmersmarket.orders import card_payments, domain, operations, paying, payments
from farmersmarket.orders.models import CardPayment, Order, ProviderEvent
from farmersmarket.orders.stripe_cards import ByCard
from farmersmarket.outbox.models import Message
from shopping import fill_cart
from stripe_server import KEY, SECRET, Stripe, signature

Place = Callable[..., Order]


@pytest.fixture
def stripe(settings: LazySettings) -> Iterator[Stripe]:
    running = Stripe()
    settings.STRIPE_API_KEY, settings.STRIPE_URL = KEY, running.url
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    yield running
    running.stop()


@pytest.fixture
def order(stripe: Stripe, place: Place) -> Order:
    return place(2, payments=payments.provider())


@pytest.fixture
def tell(client: Client) -> Callable[..., int]:
    """Sends an event as Stripe does and returns the answer's status."""

    def send(event: dict[str, Any], **how: Any) -> int:
        body = json.dumps(event)
        return client.post(
            "/webhooks/stripe",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": signature(body, **how)},
        ).status_code

    return send


def _state() -> str:
    return CardPayment.objects.get().state


def _settle(now: datetime) -> int:
    return card_payments.settle_due(payments=payments.provider(), now=now)


def _cancel(order: Order, now: datetime) -> None:
    operations.change_status(
        order_id=order.id, wanted="CANCELLED", role="customer", actor="customer", now=now
    )


def _refund(order: Order, now: datetime) -> None:
    operations.change_status(
        order_id=order.id, wanted="REFUNDED", role="admin", actor="boss", now=now
    )


def test_states_never_go_back() -> None:
    ends = (paying.CLOSED, paying.REFUNDED)
    events = (paying.WAS_PAID, paying.RAN_OUT, paying.GAVE_BACK, paying.CLOSE, paying.REFUND)
    assert all(paying.after(paying.REFUNDED, event) == paying.REFUNDED for event in events)
    assert paying.after(paying.PAID, paying.RAN_OUT) == paying.PAID
    assert paying.after(paying.CLOSED, paying.WAS_PAID) == paying.REFUNDING
    assert all(
        paying.OPEN not in {paying.after(state, event) for event in events} for state in ends
    )


def test_a_customer_orders_pays_and_is_told(
    stripe: Stripe, product: Product, client: Client, tell: Callable[..., int], now: datetime
) -> None:
    form = fill_cart(client, product, 2) | {"note": "Ring twice"}
    before = (client.get("/").content + client.get("/checkout").content).decode()
    page = client.post("/checkout", form, follow=True)
    session = next(iter(stripe.sessions.values()))
    order = Order.objects.get()
    assert session["url"] in page.content.decode()
    told = unquote_plus(" ".join(call.body.decode() for call in stripe.calls))
    assert order.id in told
    assert not any(private in told for private in ("Ada", "ada@", "example.org", "Ring twice"))
    mail = Message.objects.get(kind="order").body
    assert f"Please pay {euro(order.total_cents)} by card." in mail
    assert Message.objects.get(kind="new_order").body.endswith("not paid yet.")
    for wrong in ("pay at pickup", "pay at the stall", "Pick up and pay", "when you pick up"):
        assert wrong not in before + page.content.decode() + mail
    # Between what Stripe allows, half an hour and a day.
    assert 1800 <= session["expires_at"] - now.timestamp() <= 2 * 3600
    assert (session["amount_total"], session["currency"]) == (order.total_cents, "eur")
    with pytest.raises(domain.NotPaid):
        operations.change_status(
            order_id=order.id,
            wanted="CONFIRMED",
            role="farmer",
            actor="farmer",
            now=now,
            farmer=product.stall.farmer,
        )
    assert tell(stripe.paid(session["id"])) == 200
    paid = "Paid by card. Nothing is left to pay at the stall."
    assert paid in client.get(f"/orders/{order.id}/track").content.decode()
    operations.change_status(
        order_id=order.id,
        wanted="CONFIRMED",
        role="farmer",
        actor="farmer",
        now=now,
        farmer=product.stall.farmer,
    )
    assert paid in Message.objects.filter(kind="order").latest("id").body
    client.force_login(product.stall.farmer)
    assert "paid by card" in client.get("/farm").content.decode()


def test_forged_altered_and_old_events_are_refused(
    stripe: Stripe, order: Order, client: Client, tell: Callable[..., int]
) -> None:
    event = stripe.paid(order.payment)
    assert tell(event, secret="whsec_other") == 400
    assert tell(event, at=time.time() - 3600) == 400
    body = json.dumps(event)
    for altered, header in (
        (body.replace("paid", "Paid"), signature(body)),
        (body, ""),
        (body, "t=1,v1=00"),
        ("[]", signature("[]")),
        ("{", signature("{")),
    ):
        answer = client.post(
            "/webhooks/stripe",
            altered,
            content_type="application/json",
            headers={"Stripe-Signature": header},
        )
        assert answer.status_code == 400
    huge = "x" * (300 * 1024)
    assert client.post("/webhooks/stripe", huge, content_type="text/plain").status_code == 413
    assert client.get("/webhooks/stripe").status_code == 405
    assert _state() == paying.OPEN


def test_there_is_no_webhook_without_its_secret(
    stripe: Stripe, order: Order, settings: LazySettings, tell: Callable[..., int]
) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert tell(stripe.paid(order.payment)) == 404


def test_an_event_that_comes_twice_acts_once(
    stripe: Stripe, order: Order, tell: Callable[..., int]
) -> None:
    event = stripe.paid(order.payment)
    assert [tell(event), tell(event)] == [200, 200]
    assert ProviderEvent.objects.count() == 1
    assert _state() == paying.PAID


def test_events_out_of_order_end_the_same(
    stripe: Stripe, order: Order, tell: Callable[..., int], now: datetime
) -> None:
    paid = stripe.paid(order.payment)
    _cancel(order, now)
    for event in (stripe.refunded(order.payment), paid, stripe.expired(order.payment)):
        assert tell(event) == 200
    assert _state() == paying.REFUNDED
    assert Order.objects.get().status == "REFUNDED"
    assert _settle(now) == 0


@pytest.mark.parametrize(
    "change",
    [{"amount_total": 1}, {"currency": "usd"}, {"payment_status": "unpaid"}, {"id": "cs_x"}],
)
def test_what_was_paid_has_to_be_what_was_asked(
    stripe: Stripe, order: Order, tell: Callable[..., int], change: dict[str, object]
) -> None:
    event = stripe.paid(order.payment)
    event["data"]["object"] = {**event["data"]["object"], **change}
    assert tell(event) == 200
    assert _state() == paying.OPEN


def test_events_that_mean_nothing_are_taken(
    stripe: Stripe, order: Order, tell: Callable[..., int]
) -> None:
    assert tell({"id": "evt_1", "type": "invoice.paid", "data": {}}) == 200
    other = {"object": "checkout.session", "metadata": {"order": "nobody"}}
    event = {"id": "evt_2", "type": "checkout.session.completed", "data": {"object": other}}
    assert tell(event) == 200
    partly = stripe.refunded(order.payment)
    partly["data"]["object"]["amount_refunded"] = 1
    assert tell(partly) == 200
    assert _state() == paying.OPEN


def test_an_order_that_nobody_pays_gives_everything_back(
    stripe: Stripe, order: Order, product: Product, tell: Callable[..., int]
) -> None:
    assert tell(stripe.expired(order.payment)) == 200
    assert Order.objects.get().status == "CANCELLED"
    assert Product.objects.get(id=product.id).stock == product.stock


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_cancellation_and_an_event_do_not_wait_for_each_other(
    stripe: Stripe, order: Order, tell: Callable[..., int]
) -> None:
    expired = stripe.expired(order.payment)

    def told() -> int:
        try:
            return tell(expired)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Order.objects.select_for_update().get()
            event = pool.submit(told)
            _wait_for_a_lock()
            assert CardPayment.objects.select_for_update().get().state == paying.OPEN
        assert event.result(20) == 200
    assert Order.objects.get().status == "CANCELLED"


def _wait_for_a_lock() -> None:
    until = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            if cursor.fetchone():
                return
    raise AssertionError("nobody waits")


def test_a_cancelled_order_cannot_be_paid_and_money_that_came_goes_back(
    stripe: Stripe, order: Order, tell: Callable[..., int], now: datetime
) -> None:
    _cancel(order, now)
    assert _state() == paying.CLOSING
    assert _settle(now) == 1
    assert stripe.sessions[order.payment]["status"] == "expired"
    assert _state() == paying.CLOSED
    assert tell(stripe.paid(order.payment)) == 200
    assert _settle(datetime.now(now.tzinfo)) == 1
    assert [made["payment_intent"] for made in stripe.refunds] == ["pi_1"]
    assert (_state(), Order.objects.get().status) == (paying.REFUNDED, "REFUNDED")


def test_a_refund_waits_for_a_provider_that_is_down_and_is_made_once(
    stripe: Stripe, order: Order, tell: Callable[..., int], now: datetime
) -> None:
    tell(stripe.paid(order.payment))
    _cancel(order, now)
    assert _state() == paying.PAID
    _refund(order, now)
    for other in (payments.AtPickup(), payments.OverHttp("http://127.0.0.1:9", 1.0)):
        assert card_payments.settle_due(payments=other, now=now) == 0
    stripe.broken = 503
    assert _settle(now) == 0
    assert _settle(now) == 0, "not before its pause is over"
    assert _state() == paying.REFUNDING
    stripe.broken = 0
    assert _settle(now + timedelta(hours=1)) == 1
    assert _settle(now + timedelta(hours=2)) == 0
    assert len(stripe.refunds) == 1
    assert _state() == paying.REFUNDED


def test_what_was_refunded_elsewhere_counts_as_refunded(
    stripe: Stripe, order: Order, tell: Callable[..., int], now: datetime
) -> None:
    tell(stripe.paid(order.payment))
    stripe.refunds.append({"payment_intent": "pi_1"})
    _cancel(order, now)
    _refund(order, now)
    assert _settle(now) == 1


def test_a_refused_refund_is_said_and_tried_again(
    stripe: Stripe, order: Order, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    CardPayment.objects.update(state=paying.REFUNDING, intent="pi_1")
    assert ByCard("sk_wrong", stripe.url, 2.0).refund("pi_1", order.id) is False
    stripe.broken = 400
    assert _settle(now) == 0
    assert any(record.message == "payment_failed" for record in caplog.records)


def test_a_session_that_has_ended_counts_as_closed(stripe: Stripe, order: Order) -> None:
    stripe.sessions[order.payment]["status"] = "complete"
    assert payments.provider().release(order.payment)


@pytest.mark.parametrize("broken", [500, 429, 401])
def test_checkout_says_so_when_stripe_is_down_and_loses_nothing(
    stripe: Stripe, product: Product, client: Client, broken: int
) -> None:
    stripe.broken = broken
    form = fill_cart(client, product)
    answer = client.post("/checkout", form)
    assert answer.status_code == 503
    assert "cart is kept" in answer.content.decode()
    assert not Order.objects.exists()
    stripe.broken = 0
    assert client.post("/checkout", form).status_code == 302


def test_an_order_that_fails_ends_its_session(
    stripe: Stripe, place: Place, product: Product
) -> None:
    product.stall.slots.update(capacity=1)
    place(1, payments=payments.provider())
    with pytest.raises(domain.WindowFull):
        place(1, key="l" * 24, payments=payments.provider())
    assert [found["status"] for found in stripe.sessions.values()] == ["open", "expired"]


def test_health_shows_stripe(stripe: Stripe, client: Client, db: None) -> None:
    assert client.get("/api/health").json()["checks"]["payments"]["status"] == "ok"
