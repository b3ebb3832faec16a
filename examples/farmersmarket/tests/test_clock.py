"""Whatever time a person reads is the market's, on both sides of the night in which the clocks change."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from farmersmarket.catalog.models import PickupSlot, Product
from farmersmarket.catalog.operations import open_slots
from farmersmarket.orders import operations
from farmersmarket.orders.models import Order
from farmersmarket.outbox.models import Message
from farmersmarket.people.models import Person

Place = Callable[..., Order]
BEFORE = datetime(2025, 10, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("utc", "mailed", "listed"),
    [
        (datetime(2025, 10, 25, 7, tzinfo=UTC), "Saturday 25 October, 09:00", "Sat 25 Oct, 09:00"),
        (datetime(2025, 10, 26, 8, tzinfo=UTC), "Sunday 26 October, 09:00", "Sun 26 Oct, 09:00"),
    ],
)
def test_a_pickup_at_nine_is_at_nine_for_everybody(
    place: Place, product: Product, client: Client, utc: datetime, mailed: str, listed: str
) -> None:
    ada = Person.objects.create_user("ada@example.org", None, name="Ada")
    open_slots([product.stall], hours=[9], capacity=5, now=BEFORE)
    order = place(customer=ada, pickup_at=utc, now=BEFORE)
    assert f"Pickup: {mailed}\n" in Message.objects.get(kind="order").body
    told = Message.objects.get(kind="new_order").body
    assert told.startswith(f"{order.number} for {mailed}, ")
    assert mailed in client.get(f"/orders/{order.id}/track").content.decode()
    client.force_login(ada)
    assert f"pickup {listed[4:].replace(',', '')}" in client.get("/account").content.decode()
    client.force_login(product.stall.farmer)
    assert listed in client.get("/farm").content.decode()


def test_the_checkout_and_the_track_go_by_the_clock_of_the_market(
    place: Place, product: Product, client: Client, settings: LazySettings
) -> None:
    settings.TIME_ZONE = "America/New_York"
    with timezone.override(settings.TIME_ZONE):
        slot = PickupSlot.objects.filter(stall=product.stall).order_by("starts_at")[0]
        local = timezone.localtime(slot.starts_at)
        client.post("/cart/change", {"product": product.id, "quantity": "1", "add": "1"})
        assert f"{local:%H:%M} to" in client.get("/checkout").content.decode()
        order = place()
        operations.change_status(
            order_id=order.id, wanted="CONFIRMED", role="admin", actor="x", now=timezone.now()
        )
        page = client.get(f"/orders/{order.id}/track").content.decode()
        assert 'data-zone="America/New_York"' in page
        assert f"{local:%H:%M}" in page
