"""Payment at a provider over HTTP: reserved once, given back when the order fails."""

import json
from collections.abc import Callable, Iterator

import pytest
from farmersmarket.catalog.models import PickupSlot, Product
from farmersmarket.orders import domain, payments
from farmersmarket.orders.marks import mark
from farmersmarket.orders.models import Order
from local_server import Call, LocalServer, Reply

Place = Callable[..., Order]


class Provider(LocalServer):
    """A provider that keeps reservations; ``answer`` is what it says to a new one."""

    def __init__(self) -> None:
        self.reservations: dict[str, int] = {}
        self.answer = b""
        super().__init__(self._reply)

    def _reply(self, call: Call) -> Reply:
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
