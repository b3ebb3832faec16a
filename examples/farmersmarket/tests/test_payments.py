"""Payment at a provider over HTTP: reserved once, given back when the order fails; and the words for each way to pay."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from farmersmarket.catalog.models import PickupSlot, Product
from farmersmarket.money import euro
from farmersmarket.orders import (
    card_payments,
    domain,
    operations,
    paying,
    payments,
    wording,
)
from farmersmarket.orders.marks import mark
from farmersmarket.orders.models import Order
from farmersmarket.outbox.models import Message
from local_server import Call, LocalServer, Reply
from shopping import fill_cart

Place = Callable[..., Order]


class Provider(LocalServer):
    """A provider that keeps reservations; ``answer`` is what it says to a new one."""

    def __init__(self) -> None:
        self.reservations: dict[str, int] = {}
        self.answer = b""
        self.unknown = False
        super().__init__(self._reply)

    def _reply(self, call: Call) -> Reply:
        if self.unknown:
            return Reply(404)
        if call.method == "DELETE":
            self.reservations.pop(call.path.rsplit("/", 1)[1], None)
            return Reply(204)
        key = call.headers["Idempotency-Key"]
        self.reservations.setdefault(key, json.loads(call.body)["amount_cents"])
        return Reply(201, self.answer or json.dumps({"id": key}).encode())


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.stop()


def test_an_order_is_reserved_and_a_failed_one_is_given_back(
    place: Place, provider: Provider, product: Product
) -> None:
    over_http = payments.OverHttp(provider.url, 2.0)
    order = place(2, payments=over_http)
    assert provider.reservations == {mark(order.id): order.total_cents}
    assert order.payment == mark(order.id)
    PickupSlot.objects.update(capacity=1)
    with pytest.raises(domain.WindowFull):
        place(2, key="l" * 24, payments=over_http)
    assert provider.reservations == {mark(order.id): order.total_cents}
    assert Product.objects.get(id=product.id).stock == product.stock - 2


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"{}", b'"x"'])
def test_a_provider_that_talks_nonsense_is_unavailable(
    place: Place, provider: Provider, answer: bytes
) -> None:
    provider.answer = answer
    with pytest.raises(domain.PaymentUnavailable):
        place(payments=payments.OverHttp(provider.url, 2.0))
    assert not Order.objects.exists()


def test_giving_back_survives_a_dead_provider() -> None:
    assert not payments.OverHttp("http://127.0.0.1:9", 1.0).release("x")
    assert not payments.OverHttp("http://127.0.0.1:9", 1.0).refund("x", "y")


@pytest.mark.parametrize("end", ["CANCELLED", "REFUNDED"])
def test_what_ends_without_a_sale_gives_its_reservation_back(
    place: Place, provider: Provider, now: datetime, end: str
) -> None:
    over_http = payments.OverHttp(provider.url, 2.0)
    order = place(2, payments=over_http)
    way = ("CONFIRMED", "PREPARING", "READY", "COLLECTED", end) if end == "REFUNDED" else (end,)
    for status in way:
        operations.change_status(
            order_id=order.id, wanted=status, role="admin", actor="boss", now=now
        )
    for other in (payments.AtPickup(), payments.OverHttp("http://127.0.0.1:9", 1.0)):
        assert card_payments.settle_due(payments=other, now=now) == 0
    assert provider.reservations
    later = now + timedelta(hours=1)
    assert card_payments.settle_due(payments=over_http, now=later) == 1
    assert not provider.reservations
    assert card_payments.settle_due(payments=over_http, now=later + timedelta(hours=1)) == 0
    assert Order.objects.get().status == end


def test_a_reservation_that_the_provider_does_not_know_is_given_back(
    provider: Provider,
) -> None:
    provider.unknown = True
    assert payments.OverHttp(provider.url, 2.0).release("r_1")


def _page(client: Client, order: Order) -> str:
    return client.get(f"/orders/{order.id}/track").content.decode()


def test_what_is_paid_at_pickup_is_said_so_until_it_was(
    place: Place, product: Product, client: Client, now: datetime
) -> None:
    assert "Pick up and pay" in client.get("/").content.decode()
    order = place(2)
    due = f"You pay {euro(order.total_cents)} when you pick up."
    assert due in _page(client, order)
    assert due in Message.objects.get(kind="order").body
    note = Message.objects.get(kind="new_order").body
    assert note.endswith(f"pays {euro(order.total_cents)} at pickup.")
    farmer = Client()
    farmer.force_login(product.stall.farmer)
    assert f"pays {euro(order.total_cents)} at pickup" in farmer.get("/farm").content.decode()
    for status in ("CONFIRMED", "PREPARING", "READY", "COLLECTED"):
        operations.change_status(
            order_id=order.id,
            wanted=status,
            role="farmer",
            actor="farmer",
            now=now,
            farmer=product.stall.farmer,
        )
    assert "Paid at the stall." in _page(client, order)
    assert "Paid at the stall." in Message.objects.filter(kind="order").latest("id").body


def test_what_a_provider_reserves_is_not_paid_at_pickup(
    provider: Provider, settings: LazySettings, product: Product, client: Client
) -> None:
    settings.PAYMENT_URL = provider.url
    form = fill_cart(client, product)
    pages = client.get("/").content + client.get("/checkout").content
    order = Order.objects.get(id=client.post("/checkout", form).headers["Location"].split("/")[2])
    told = Message.objects.filter(kind="order")[0].body + _page(client, order)
    assert told.count(f"{euro(order.total_cents)} was reserved when you ordered.") == 2
    for wrong in ("pay at pickup", "pay at the stall", "Pick up and pay", "when you pick up"):
        assert wrong not in pages.decode() + told


def test_every_state_of_an_order_has_its_words() -> None:
    for status in domain.STATUSES:
        for card in {"", paying.REFUNDED, *(state for state, _ in paying.NEXT)} - {paying.HELD}:
            for reference in ("at-pickup", "r_1"):
                assert wording.to_customer(
                    reference=reference, card=card, status=status, amount="€1.00"
                ).endswith(".")
