"""Many at once on two replicas: nothing is sold twice, no place is given twice, no step is taken twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from running import Market, Shopper

CROWD = 16
# An order of two stalls, and a token of each one's farmer.
SHARED = """
from django.utils import timezone
from farmersmarket.catalog.models import PickupSlot, Product, Stall
from farmersmarket.orders import domain, operations, payments
from farmersmarket.people.operations import create_token
now, stalls = timezone.now(), Stall.objects.select_related("farmer").order_by("id")[:2]
lines = [domain.Line(p.id, 1, p.price_cents) for p in (s.products.first() for s in stalls)]
at = PickupSlot.objects.filter(stall=stalls[0]).earliest("starts_at").starts_at
order = operations.place(lines=lines, name="Ada", email="ada@example.org", note="", pickup_at=at,
                         checkout_key="k" * 24, payments=payments.AtPickup(), now=now)
print(order.id, *(create_token(person=stall.farmer, name="race", now=now) for stall in stalls))
"""
FIRST = "from farmersmarket.catalog.queries import browse; p = browse(size=1)[0][0]"


@pytest.fixture
def urls(market: Market) -> list[str]:
    return [market.replica()[0] for _ in range(2)]


def _together(acts: list[Callable[[], httpx.Response]]) -> Counter[int]:
    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(answer.status_code for answer in pool.map(lambda act: act(), acts))


def _crowd(urls: list[str]) -> list[tuple[Shopper, dict[str, str]]]:
    with ThreadPoolExecutor(4) as pool:
        shoppers = [Shopper(urls[number % len(urls)]) for number in range(CROWD)]
        return list(zip(shoppers, pool.map(Shopper.fill, shoppers), strict=True))


def test_the_last_pieces_are_sold_once(market: Market, urls: list[str]) -> None:
    crowd = _crowd(urls)
    market.run(f"{FIRST}; p.stock = 9; p.save(update_fields=['stock'])")
    answers = _together([lambda one=one, form=form: one.submit(form) for one, form in crowd])
    assert answers == {302: 4, 409: CROWD - 4}
    assert market.run(f"{FIRST}; print(p.stock)") == "1"


def test_the_last_pickup_places_are_given_once(market: Market, urls: list[str]) -> None:
    crowd = _crowd(urls)
    market.run(
        "from farmersmarket.catalog.models import PickupSlot as S; S.objects.update(capacity=5)"
    )
    answers = _together([lambda one=one, form=form: one.submit(form) for one, form in crowd])
    assert answers[302] == 5
    assert set(answers) <= {302, 409, 422}
    assert (
        market.run("from farmersmarket.orders.models import Booking as B; print(B.objects.count())")
        == "5"
    )


def test_a_form_that_is_sent_many_times_is_one_order(market: Market, urls: list[str]) -> None:
    shopper = Shopper(urls[0])
    form = shopper.fill()
    answers = _together([lambda: shopper.submit(form)] * 8)
    assert answers == {302: 8}
    assert (
        market.run("from farmersmarket.orders.models import Order; print(Order.objects.count())")
        == "1"
    )
    shopper.close()


def test_an_order_is_cancelled_once_and_gives_back_once(market: Market, urls: list[str]) -> None:
    before = int(market.run(f"{FIRST}; print(p.stock)"))
    order = Shopper(urls[0]).order()

    def cancel(url: str) -> httpx.Response:
        address = f"{url}/api/orders/{order}/status"
        return httpx.put(address, json={"status": "CANCELLED"}, trust_env=False, timeout=60)

    answers = _together([lambda url=url: cancel(url) for url in urls * 6])
    assert answers == {200: 1, 409: 11}
    assert int(market.run(f"{FIRST}; print(p.stock)")) == before


def test_stalls_that_step_at_once_move_the_order_once(market: Market, urls: list[str]) -> None:
    order, *tokens = market.run(SHARED).split()

    def step(url: str, token: str, status: str) -> httpx.Response:
        address, headers = f"{url}/api/orders/{order}/status", {"Authorization": f"Bearer {token}"}
        return httpx.put(
            address, json={"status": status}, headers=headers, trust_env=False, timeout=60
        )

    for status in ("CONFIRMED", "PREPARING", "READY"):
        acts = [
            lambda url=url, token=token, status=status: step(url, token, status)
            for url in urls * 3
            for token in tokens
        ]
        assert _together(acts) == {200: 2, 409: 10}
        answer = httpx.get(f"{urls[0]}/api/orders/{order}", trust_env=False, timeout=60).json()
        assert [row["status"] for row in answer["stalls"]] == [status] * 2
        assert answer["status"] == status
    told = market.run(
        "from farmersmarket.outbox.models import Message as M;"
        " print(*(m.subject.split(': ')[1].split(' at ')[0] for m in M.objects.filter(kind='order').order_by('id')))"
    )
    # Of the stall that was first, then of the whole order.
    assert told.split() == ["pending", "confirmed", "preparing", "ready", "ready"]
