"""Whoever has an order's id acts as its customer: it is in no log line, no span, no error report, and told to nobody."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import LazySettings
from farmersmarket.orders.marks import hidden, mark
from farmersmarket.orders.models import new_id
from journey.running import Market, Shopper, free_port, wait_for
from local_server import Call, LocalServer, Reply

# Writes to a file as a place would keep it; ``{broken}`` is what goes wrong in it.
SERVER = """
import os
os.dup2(os.open(os.environ["LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
os.dup2(1, 2)
from farmersmarket.serve import main
{broken}
main()
"""
BROKEN = """
from farmersmarket.orders import pages
def of_order(order, farmer):
    raise ValueError(f"no letters of {order.id}")
pages.of_order = of_order
"""


@pytest.fixture
def told() -> Iterator[tuple[str, list[Call]]]:
    """What is sent to a collector, an error tracker and a payment provider."""
    calls: list[Call] = []

    def answer(call: Call) -> Reply:
        calls.append(call)
        key = call.headers["Idempotency-Key"]
        return Reply(201, json.dumps({"id": key}).encode()) if key else Reply(200, b"{}")

    server = LocalServer(answer)
    yield server.url, calls
    server.stop()


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    running = Market(tmp_path)
    running.prepare()
    yield running
    running.end()


def _serve(market: Market, code: str, **environment: str) -> str:
    port = free_port()
    market.start("-c", code, PORT=str(port), **environment)
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        try:
            return httpx.get(f"{url}/api/ready", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    wait_for(ready)
    return url


def test_an_order_s_id_leaves_the_market_to_nobody_but_its_customer(
    market: Market, told: tuple[str, list[Call]], tmp_path: Path
) -> None:
    place, calls = told
    environment = {
        "LOG": str(tmp_path / "log"),
        "LOG_LEVEL": "DEBUG",
        "SECRET_KEY": "one key for both",
        "PAYMENT_URL": place,
        "OTEL_EXPORTER_OTLP_ENDPOINT": place,
        "SENTRY_DSN": place.replace("://", "://key@") + "/1",
        "SENTRY_TRACES_SAMPLE_RATE": "1",
    }
    url = _serve(market, SERVER.format(broken=""), **environment)
    broken = _serve(market, SERVER.format(broken=BROKEN), **environment)
    order = Shopper(url).order()
    failed = httpx.get(f"{broken}/orders/{order}/track", trust_env=False)
    for answer, status in [*_used(url, order), (failed, 500)]:
        assert answer.status_code == status, answer.url
    market.end()
    lines = (tmp_path / "log").read_text()
    sent = b"".join(
        f"{call.method} {call.path} {call.headers}".encode() + call.body for call in calls
    )
    own = _mark_of(lines)
    for name in ("order_placed", "letter_written", "order_status_seen", "authorization_denied"):
        assert f'"message": "{name}"' in lines
    assert f"Not Found: /orders/{own}/nothing" in lines
    assert f"ValueError: no letters of {own}" in lines
    assert {path for call in calls if "/v1/" in (path := call.path)} >= {"/v1/traces", "/v1/logs"}
    assert b"GET /orders/{order_id}/track" in sent
    assert f"no letters of {own}".encode() in sent
    assert any("envelope" in call.path for call in calls)
    assert order not in lines
    assert order.encode() not in sent


def _mark_of(lines: str) -> str:
    """The mark of the order that was placed."""
    found = re.search(r'"order_placed".*"order": "(\w+)"', lines)
    assert found
    return found[1]


def _used(url: str, order: str) -> list[tuple[httpx.Response, int]]:
    """What customers, and others who try, do with an order; each answer with the status it should have."""
    with httpx.Client(base_url=url, trust_env=False) as shop:
        page = shop.get(f"/orders/{order}/track")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)', page.text)
        address = re.search(r'action="(/orders/\w+/letters/[^"]+)"', page.text)
        assert token
        assert address
        api = f"/api/orders/{order}"
        letter = {"csrfmiddlewaretoken": token[1], "text": "May I come early?"}
        return [
            (page, 200),
            (shop.post(address[1], data=letter), 302),
            (shop.post(f"{api}/seen", json={"status": "PENDING"}), 204),
            (shop.put(f"{api}/status", json={"status": "CONFIRMED"}), 403),
            (shop.put(f"{api}/status", json={"status": "CANCELLED"}), 200),
            (shop.get(f"/orders/{order}/nothing"), 404),
            (shop.get(f"/login?next=%2forders%2f{order}%2ftrack"), 200),
            (shop.get(f"/orders/{order}/cancel"), 405),
            (shop.post(f"/orders/{order}/cancel"), 403),
        ]


def test_a_mark_is_of_one_order_and_of_one_market(settings: LazySettings) -> None:
    one, other = new_id(), new_id()
    first = mark(one)
    assert first == mark(one) != mark(other)
    settings.SECRET_KEY = "of another market"
    assert mark(one) != first


@pytest.mark.parametrize(
    "around", ["/orders/{}/track", "next=%2forders%2f{}%2Ftrack", "({})", "{}"]
)
def test_ids_are_hidden_wherever_they_stand(around: str) -> None:
    one = new_id()
    assert hidden(around.format(one)) == around.format(mark(one))


def test_other_words_stay_as_they_are() -> None:
    for text in ("0af7651916cd43dd8448eb211c80319c", "a" * 27, "FM-ABC234", "pay at pickup"):
        assert hidden(text) == text
