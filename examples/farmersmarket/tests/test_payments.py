"""Payment at a provider over HTTP: reserved once, given back when the order fails."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from farmersmarket.catalog.models import PickupSlot, Product
from farmersmarket.orders import domain, payments
from farmersmarket.orders.models import Order

Place = Callable[..., Order]


class Provider:
    """A provider that keeps reservations; ``answer`` is what it says to a new one."""

    def __init__(self) -> None:
        self.reservations: dict[str, int] = {}
        self.answer = b""
        provider = self

        class Api(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                provider.reservations.setdefault(
                    self.headers["Idempotency-Key"], body["amount_cents"]
                )
                self._say(
                    201,
                    provider.answer or json.dumps({"id": self.headers["Idempotency-Key"]}).encode(),
                )

            def do_DELETE(self) -> None:
                provider.reservations.pop(self.path.rsplit("/", 1)[1], None)
                self._say(204, b"")

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


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
    assert provider.reservations == {order.id: order.total_cents}
    assert order.payment == order.id
    PickupSlot.objects.update(capacity=1)
    with pytest.raises(domain.WindowFull):
        place(2, key="l" * 24, payments=over_http)
    assert provider.reservations == {order.id: order.total_cents}
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
