"""Orders: stock, slots, status, mail."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from farmersmarket.catalog.models import PickupSlot, Product
from farmersmarket.orders import domain, operations
from farmersmarket.orders.models import Order, OrderEvent
from farmersmarket.people.models import Person

Place = Callable[..., Order]


@pytest.mark.parametrize("role", ["customer", "farmer", "admin"])
def test_nobody_leaves_an_end(role: domain.Role) -> None:
    assert domain.next_steps(domain.REFUNDED, role) == []


def test_only_listed_steps_exist() -> None:
    for start in domain.STATUSES:
        for wanted in domain.STATUSES:
            if (start, wanted) not in domain.TRANSITIONS:
                with pytest.raises(domain.NoSuchStep):
                    domain.check_step(start, wanted, "admin")


def test_an_order_takes_stock_and_a_place(place: Place, product: Product) -> None:
    place(4)
    assert Product.objects.get(id=product.id).stock == product.stock - 4
    assert PickupSlot.objects.get(bookings__order__isnull=False).booked == 1


def test_what_is_sold_out_is_not_sold(place: Place, product: Product) -> None:
    Product.objects.filter(id=product.id).update(stock=2)
    with pytest.raises(domain.SoldOut):
        place(3)
    assert not Order.objects.exists()


def test_a_cancelled_order_gives_everything_back(
    place: Place, product: Product, now: datetime
) -> None:
    order = place(4)
    operations.change_status(
        order_id=order.id, wanted="CANCELLED", role="customer", actor="customer", now=now
    )
    assert Product.objects.get(id=product.id).stock == product.stock
    assert not PickupSlot.objects.filter(booked__gt=0).exists()


def test_customers_may_cancel_but_not_confirm(place: Place, client: Client) -> None:
    address = f"/api/orders/{place().id}/status"
    refused = client.put(address, {"status": "CONFIRMED"}, content_type="application/json")
    assert refused.status_code == 403
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (
        client.put(address, {"status": "CANCELLED"}, content_type="application/json").json()[
            "status"
        ]
        == "CANCELLED"
    )
    assert (
        client.put(address, {"status": "CANCELLED"}, content_type="application/json").status_code
        == 409
    )
    assert (
        client.put(address, {"status": "EATEN"}, content_type="application/json").status_code == 422
    )


def test_only_the_stalls_own_farmer_moves_an_order(
    place: Place, product: Product, client: Client
) -> None:
    address = f"/api/orders/{place().id}/status"
    client.force_login(Person.objects.filter(role="farmer").exclude(id=product.stall.farmer_id)[0])
    assert (
        client.put(address, {"status": "CONFIRMED"}, content_type="application/json").status_code
        == 403
    )
    client.force_login(product.stall.farmer)
    assert (
        client.put(address, {"status": "CONFIRMED"}, content_type="application/json").status_code
        == 200
    )
    assert [event.status for event in OrderEvent.objects.all()] == ["PENDING", "CONFIRMED"]


def test_a_customer_cancels_on_the_page_until_it_is_too_late(place: Place, client: Client) -> None:
    order = place()
    client.post(f"/orders/{order.id}/cancel")
    assert Order.objects.get().status == "CANCELLED"
    again = client.post(f"/orders/{order.id}/cancel", follow=True)
    assert "cannot become cancelled" in again.content.decode()


def test_orders_are_found_by_their_whole_address_only(place: Place, client: Client) -> None:
    order = place()
    stream = client.get(f"/live/{order.id}", headers={"Last-Event-ID": "nonsense"})
    assert stream.headers["Content-Type"] == "text/event-stream"
    stream.close()
    for path in ("/orders/{}/track", "/live/{}", "/api/orders/{}"):
        assert client.get(path.format(order.id[:-1])).status_code == 404
    assert client.post(f"/orders/{order.id[:-1]}/cancel").status_code == 404
