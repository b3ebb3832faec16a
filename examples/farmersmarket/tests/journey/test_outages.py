"""The database is killed while people order, and comes back: the market goes on by itself and every order is true."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from postgresql_server import Server
from running import Market, Shopper, free_port, wait_for

BUYERS = 6
TALLY = """
import json
from django.db.models import Sum
from farmersmarket.catalog.models import PickupSlot, Product, StockChange
from farmersmarket.orders.models import Order, OrderLine
from farmersmarket.outbox.models import Message
print(json.dumps({
    "orders": dict(Order.objects.values_list("checkout_key", "id")),
    "sold": OrderLine.objects.aggregate(n=Sum("quantity"))["n"] or 0,
    "booked": PickupSlot.objects.aggregate(n=Sum("booked"))["n"],
    "stock": Product.objects.aggregate(n=Sum("stock"))["n"],
    "taken": sorted(StockChange.objects.values_list("reason", flat=True)),
    "unsent": Message.objects.exclude(state="sent").count(),
}))
"""
FARMER = """
from django.utils import timezone
from farmersmarket.catalog.models import Product
from farmersmarket.people.operations import create_token
product = Product.objects.select_related("stall__farmer").order_by("-id")[0]
print(product.slug, create_token(person=product.stall.farmer, name="till", now=timezone.now()))
"""


@dataclass
class Town:
    """People who do not take no for an answer: they send the same again until it is confirmed."""

    url: str
    stock: int
    stop: threading.Event = field(default_factory=threading.Event)
    answers: Counter[int] = field(default_factory=Counter)
    orders: dict[str, str] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    busy: list[Future[None]] = field(default_factory=list)

    def insist(self, act: Callable[[], httpx.Response]) -> httpx.Response:
        """Asks until the answer is no 503; any other refusal is a lie about an outage."""
        while True:
            answer = act()
            self.answers[answer.status_code] += 1
            if answer.status_code != 503:
                assert answer.status_code in (200, 302), (answer.status_code, answer.text)
                return answer
            assert answer.headers["retry-after"]

    def buy(self) -> None:
        """One order after the other."""
        while not self.stop.is_set():
            shopper = Shopper(self.url, self.insist)
            form = shopper.fill()
            answer = shopper.submit(form)
            self.orders[form["checkout_key"]] = answer.headers["location"].split("/")[2]
            shopper.close()

    def take(self, slug: str, token: str) -> None:
        """A farmer's till, which takes one piece after the other from the stock."""
        address = f"{self.url}/api/products/{slug}/inventory"
        with httpx.Client(trust_env=False, timeout=60) as till:
            # Fewer than the market allows in a minute.
            for key in (f"till-{number:03}" for number in range(100)):
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
                body = {"by": -1, "reason": key}
                self.insist(lambda: till.post(address, json=body, headers=headers))  # noqa: B023
                self.taken.append(key)
                if self.stop.wait(0.2):
                    return

    def rest(self) -> None:
        """Ends the day; what is begun is finished. Raises what went wrong."""
        self.stop.set()
        for one in self.busy:
            one.result(60)


@pytest.fixture
def town(on_postgresql: Market) -> Iterator[Town]:
    people = Town(on_postgresql.replica()[0], _tally(on_postgresql)["stock"])
    slug, token = on_postgresql.run(FARMER).split()
    with ThreadPoolExecutor(BUYERS + 1) as pool:
        people.busy = [pool.submit(people.buy) for _ in range(BUYERS)]
        people.busy.append(pool.submit(people.take, slug, token))
        yield people
        people.stop.set()


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[int]:
    """The port of a mail server."""
    controller = Controller(Mailbox(str(tmp_path / "mail")), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


def _get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=60)


def _tally(market: Market) -> dict[str, Any]:
    counted: dict[str, Any] = json.loads(market.run(TALLY))
    return counted


class Watcher:
    """Follows an order as a browser does: connects again when a stream ends or is refused."""

    def __init__(self, url: str) -> None:
        self.seen: list[str] = []
        self._url = url
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        last = "0"
        while "CANCELLED" not in self.seen:
            headers = {"Last-Event-ID": last}
            with httpx.stream(
                "GET", self._url, headers=headers, timeout=60, trust_env=False
            ) as stream:
                for line in stream.iter_lines():
                    if line.startswith("id: "):
                        last = line[4:]
                    if line.startswith("data: "):
                        self.seen.append(json.loads(line[6:])["status"])


def test_a_database_that_dies_under_load_costs_no_order(
    on_postgresql: Market, postgresql: tuple[Server, str], town: Town, mail: int
) -> None:
    server, url = postgresql[0], town.url
    worker = on_postgresql.start(
        "manage.py", "deliver", EMAIL_HOST="127.0.0.1", EMAIL_PORT=str(mail)
    )
    order = Shopper(url).order()
    watcher = Watcher(f"{url}/live/{order}")
    wait_for(lambda: watcher.seen == ["PENDING"] and len(town.orders) > 5 and town.taken)

    server.kill()
    page, api = _get(f"{url}/products"), _get(f"{url}/api/products")
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "Orders that you got a confirmation for are safe" in page.text
    assert (api.status_code, api.json()["status"]) == (503, 503)
    assert api.headers["content-type"] == "application/problem+json"
    assert int(api.headers["retry-after"]) > 0
    assert _get(f"{url}/api/ready").status_code == 503
    assert _get(f"{url}/static/market/market.css").status_code == 200
    wait_for(lambda: town.answers[503] >= BUYERS)

    acknowledged, taken = len(town.orders), len(town.taken)
    server.start()
    wait_for(lambda: len(town.orders) > acknowledged + 5 and len(town.taken) > taken, 60)
    town.rest()
    with ThreadPoolExecutor(20) as pool:
        answers = Counter(answer.status_code for answer in pool.map(_get, [f"{url}/products"] * 60))
    assert answers == {200: 60}, "every connection of the pool is a living one"
    cancel = f"{url}/api/orders/{order}/status"
    httpx.put(cancel, json={"status": "CANCELLED"}, trust_env=False, timeout=60).raise_for_status()
    wait_for(lambda: watcher.seen == ["PENDING", "CANCELLED"], 40)

    wait_for(lambda: _tally(on_postgresql)["unsent"] == 0, 60)
    assert worker.poll() is None
    day = _tally(on_postgresql)
    assert {key: number for key, number in day["orders"].items() if number != order} == town.orders
    sold = 2 * len(town.orders)
    assert (day["sold"], day["booked"]) == (sold + 2, len(town.orders))
    assert day["taken"] == town.taken
    assert day["stock"] == town.stock - sold - len(town.taken)
