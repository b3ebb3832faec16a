"""An order of several stalls is as far as its slowest stall, and its customer is told what each has ready."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise, permutations
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.test import Client
from farmersmarket.catalog.models import PickupSlot, Product
from farmersmarket.farm import operations as farm
from farmersmarket.orders import business, domain, live, operations
from farmersmarket.orders.models import Order
from farmersmarket.outbox.models import Message, Notice
from farmersmarket.people.models import Person

Place = Callable[..., Order]
STEPS = ("CONFIRMED", "PREPARING", "READY", "COLLECTED")


@pytest.fixture
def other(product: Product) -> Product:
    """A product of another stall and farmer."""
    others = Product.objects.exclude(stall=product.stall).exclude(
        stall__farmer=product.stall.farmer
    )
    return others.select_related("stall__farmer").order_by("id")[0]


@pytest.fixture
def share(place: Place, product: Product, other: Product) -> Place:
    """Places an order of two stalls."""

    def make(**changes: Any) -> Order:
        both = [domain.Line(one.id, 2, one.price_cents) for one in (product, other)]
        return place(**{"lines": both, **changes})

    return make


@pytest.fixture
def first(product: Product) -> Client:
    client = Client()
    client.force_login(product.stall.farmer)
    return client


@pytest.fixture
def second(other: Product) -> Client:
    client = Client()
    client.force_login(other.stall.farmer)
    return client


@pytest.fixture
def boss(db: None) -> Client:
    client = Client()
    client.force_login(Person.objects.create_superuser("boss@example.org", "x" * 12, name="Boss"))
    return client


def _put(client: Client, order: Order, status: str) -> dict[str, Any]:
    """What the API answers, with its status as ``answer``."""
    address = f"/api/orders/{order.id}/status"
    answer = client.put(address, {"status": status}, content_type="application/json")
    return {"answer": answer.status_code, **answer.json()}


def _to(client: Client, order: Order, wanted: str) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for status in STEPS[: STEPS.index(wanted) + 1]:
        answer = _put(client, order, status)
        assert answer["answer"] == 200, answer
    return answer


def _mails() -> list[str]:
    rows = Message.objects.filter(kind="order").order_by("id")
    return [subject.split(": ", 1)[1] for subject in rows.values_list("subject", flat=True)]


def test_however_stalls_take_turns_the_order_is_as_far_as_the_slowest() -> None:
    for turns in set(permutations("aaaabbbb")):
        parts = dict.fromkeys("ab", domain.PENDING)
        whole = [domain.PENDING]
        for stall in turns:
            parts[stall] = domain.PATH[domain.PATH.index(parts[stall]) + 1]
            whole.append(domain.whole(parts.values()))
            assert all(domain.PATH.index(whole[-1]) <= domain.PATH.index(p) for p in parts.values())
        steps = [(a, b) for a, b in pairwise(whole) if a != b]
        assert steps == list(pairwise(domain.PATH)), "each step once, and none left out"


def test_one_stall_does_not_speak_for_another(
    share: Place, first: Client, second: Client, product: Product, other: Product
) -> None:
    order = share()
    answer = _to(first, order, "READY")
    assert answer["status"] == "PENDING"
    assert {row["stall"]: row["status"] for row in answer["stalls"]} == {
        product.stall.slug: "READY",
        other.stall.slug: "PENDING",
    }
    assert [event["status"] for event in answer["events"]] == ["PENDING"]
    assert _put(first, order, "READY")["answer"] == 409, "a step is taken once"
    assert _put(second, order, "READY")["answer"] == 409, "and none is left out"
    assert [_put(second, order, status)["status"] for status in STEPS[:3]] == list(STEPS[:3])
    assert _put(second, order, "COLLECTED")["status"] == "READY"
    done = _put(first, order, "COLLECTED")
    assert done["status"] == "COLLECTED"
    assert [event["status"] for event in done["events"]] == list(domain.PATH)
    events = order.events.exclude(stall=None)
    assert {event.actor for event in events} == {
        str(product.stall.farmer),
        str(other.stall.farmer),
    }


def test_a_customer_is_told_once_what_each_stall_has_ready(
    share: Place, first: Client, second: Client, product: Product, other: Product
) -> None:
    order = share()
    _to(first, order, "READY")
    assert _mails() == ["pending", f"ready at {product.stall.name}"]
    body = Message.objects.filter(kind="order").latest("id").body
    assert f"{product.stall.name} has its part of your order {order.number} ready." in body
    assert f"{other.stall.name} is not ready yet." in body
    _to(second, order, "READY")
    assert _mails()[2:] == ["confirmed", "preparing", "ready"]
    _put(first, order, "COLLECTED")
    assert len(_mails()) == 5


def test_whoever_has_an_account_is_told_as_they_chose(
    share: Place, first: Client, product: Product
) -> None:
    ada = Person.objects.create_user("ada@example.org", None, name="Ada", phone="+491701234567")
    order = share(customer=ada)
    _to(first, order, "READY")
    newest = Notice.objects.filter(person=ada).first()
    assert newest is not None
    assert newest.text == f"Your order {order.number}: ready at {product.stall.name}"
    assert newest.link == f"/orders/{order.id}/track"


def test_each_sees_how_far_the_other_is(
    share: Place, first: Client, second: Client, client: Client, product: Product, other: Product
) -> None:
    order = share()
    _to(first, order, "PREPARING")
    mine = first.get("/farm").content.decode()
    assert ">Preparing</span>" in mine
    assert f"{other.stall.name}: pending" in mine
    assert 'value="READY"' in mine
    theirs = second.get("/farm").content.decode()
    assert ">Pending</span>" in theirs
    assert f"{product.stall.name}: preparing" in theirs
    page = client.get(f"/orders/{order.id}/track").content.decode()
    assert 'id="status">Pending<' in page
    assert f'data-stall="{product.stall.id}" data-part="PREPARING"' in page
    assert f'data-stall="{other.stall.id}" data-part="PENDING"' in page


def test_what_is_handed_over_leaves_the_stalls_list(
    share: Place, first: Client, second: Client, boss: Client
) -> None:
    order = share()
    _to(first, order, "COLLECTED")
    assert order.number not in first.get("/farm").content.decode()
    assert order.number in second.get("/farm").content.decode()
    assert Order.objects.get().status == "PENDING"
    refused = _put(boss, order, "CANCELLED")
    assert refused["answer"] == 409, "goods that are gone cannot come back"
    assert "collected cannot become cancelled" in refused["detail"]


def test_a_single_stalls_order_names_no_stalls(place: Place, client: Client) -> None:
    page = client.get(f"/orders/{place().id}/track").content.decode()
    assert "data-part" not in page


def test_no_farmer_cancels_what_others_sell(
    share: Place, first: Client, boss: Client, product: Product, other: Product
) -> None:
    order = share()
    assert 'value="CANCELLED"' not in first.get("/farm").content.decode()
    refused = _put(first, order, "CANCELLED")
    assert (refused["answer"], Order.objects.get().status) == (403, "PENDING")
    assert "other stalls" in refused["detail"]
    page = first.post(f"/farm/orders/{order.id}", {"status": "CANCELLED"}, follow=True)
    assert "other stalls" in page.content.decode()
    _to(first, order, "READY")
    track = f"/orders/{order.id}/track"
    assert 'id="cancel"' not in first.get(track).content.decode()
    assert 'id="cancel"' in boss.get(track).content.decode(), "the office can"
    boss.post(f"/orders/{order.id}/cancel")
    assert Order.objects.get().status == "CANCELLED"
    for one in (product, other):
        assert Product.objects.get(id=one.id).stock == one.stock
    assert not PickupSlot.objects.filter(booked__gt=0).exists()


def test_a_customer_cancels_until_the_first_stall_packs(
    share: Place, first: Client, client: Client
) -> None:
    order = share()
    _to(first, order, "CONFIRMED")
    assert 'id="cancel"' in client.get(f"/orders/{order.id}/track").content.decode()
    _to_packing = _put(first, order, "PREPARING")
    assert _to_packing["status"] == "PENDING"
    assert 'id="cancel"' not in client.get(f"/orders/{order.id}/track").content.decode()
    assert _put(client, order, "CANCELLED")["answer"] == 403


def test_the_office_and_an_earlier_release_take_every_part_along(
    share: Place, first: Client, second: Client, boss: Client, other: Product
) -> None:
    order = share()
    _to(first, order, "PREPARING")
    assert _put(boss, order, "CONFIRMED")["status"] == "CONFIRMED"
    assert {row["status"] for row in _put(second, order, "PREPARING")["stalls"]} == {"PREPARING"}
    # As a release that knows of no parts does, while both serve.
    Order.objects.update(status="READY")
    assert 'value="COLLECTED"' in second.get("/farm").content.decode()
    assert _put(second, order, "COLLECTED")["status"] == "READY"
    assert _put(first, order, "COLLECTED")["status"] == "COLLECTED"


def test_a_farmer_of_two_stalls_moves_both(
    share: Place, first: Client, product: Product, other: Product
) -> None:
    other.stall.farmer = product.stall.farmer
    other.stall.save()
    order = share()
    answer = _to(first, order, "READY")
    assert answer["status"] == "READY"
    assert [event["status"] for event in answer["events"]] == list(domain.PATH[:4])
    assert _mails() == ["pending", "confirmed", "preparing", "ready"]


def test_a_closed_stall_has_no_orders_left_that_it_handed_over(
    share: Place, first: Client, product: Product, now: datetime
) -> None:
    _to(first, share(), "COLLECTED")
    waiting = share(checkout_key="w" * 24)
    office = Person.objects.create_superuser("o@example.org", "x" * 12, name="Office")
    assert farm.cancel_open_orders(stall=product.stall, by=office, now=now) == 1
    assert set(Order.objects.values_list("id", "status")) >= {(waiting.id, "CANCELLED")}
    assert Order.objects.filter(status="PENDING").count() == 1


def test_the_live_page_hears_of_each_part(
    share: Place, first: Client, product: Product, transactional_db: None
) -> None:
    order = share()
    _put(first, order, "CONFIRMED")

    async def two() -> list[dict[str, Any]]:
        stream = live.stream(order.id, 0)
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(20):
            async for chunk in stream:
                lines = chunk.decode().splitlines()
                found += [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
                if len(found) == 2:
                    break
        await stream.aclose()  # type: ignore[attr-defined]
        return found

    placed, moved = async_to_sync(two)()
    assert (placed["status"], placed["part"]) == ("PENDING", "")
    assert (moved["status"], moved["part"]) == ("PENDING", "CONFIRMED")
    assert moved["stall"] == product.stall_id


def test_a_stalls_step_makes_no_news_of_the_order_late(
    share: Place, first: Client, caplog: pytest.LogCaptureFixture
) -> None:
    order = share()
    _put(first, order, "CONFIRMED")
    placed = order.events.earliest("id").at
    with caplog.at_level("INFO"):
        business.seen(order, status="PENDING", live=True, now=placed + timedelta(seconds=30))
    assert [row.lag_ms for row in caplog.records if row.msg == "order_status_seen"] == [30_000]


def test_many_shared_orders_cost_a_farmers_day_no_more_queries(
    share: Place, first: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        _put(first, share(checkout_key=f"{number:024d}"), "CONFIRMED")
    with django_assert_max_num_queries(24):
        first.get("/farm")


def test_a_read_and_a_step_ask_a_fixed_number_of_times(
    share: Place, first: Client, django_assert_max_num_queries: Any
) -> None:
    order = share()
    with django_assert_max_num_queries(5):
        Client().get(f"/api/orders/{order.id}")
    with django_assert_max_num_queries(20):
        _put(first, order, "CONFIRMED")


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_taken_back_and_leaves_open_orders_as_they_are() -> None:
    call_command("migrate", "orders", "0006", verbosity=0)
    call_command("migrate", verbosity=0)


def test_a_step_is_for_a_farmer_of_the_order(place: Place, other: Product, now: datetime) -> None:
    with pytest.raises(domain.NotAllowed):
        operations.change_status(
            order_id=place().id,
            wanted="CONFIRMED",
            role="farmer",
            actor="stranger",
            farmer=other.stall.farmer,
            now=now,
        )
