"""The farmer's and the office's day."""

from collections.abc import Callable
from datetime import datetime

from django.test import Client
from farmersmarket.catalog import images
from farmersmarket.catalog.models import Product
from farmersmarket.farm import queries
from farmersmarket.orders import operations
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person
from shopping import png

Place = Callable[..., Order]


def test_a_farmer_takes_an_order_through_its_day(place: Place, farmer: Client) -> None:
    order = place(2)
    assert order.number in farmer.get("/farm").content.decode()
    for status in ("CONFIRMED", "PREPARING", "READY", "COLLECTED"):
        farmer.post(f"/farm/orders/{order.id}", {"status": status})
        assert Order.objects.get().status == status
    page = farmer.get("/farm").content.decode()
    assert order.number not in page
    assert "€" in page


def test_a_wrong_step_is_said_and_changes_nothing(place: Place, farmer: Client) -> None:
    order = place()
    page = farmer.post(f"/farm/orders/{order.id}", {"status": "COLLECTED"}, follow=True)
    assert "cannot become collected" in page.content.decode()
    farmer.post(f"/farm/orders/{order.id}", {"status": "<script>"})
    assert Order.objects.get().status == "PENDING"


def test_the_history_names_who_cancelled(place: Place, product: Product, farmer: Client) -> None:
    for number, client, actor in (
        (1, farmer, str(product.stall.farmer)),
        (2, Client(), "customer"),
    ):
        order = place(key=f"{number}" * 24)
        client.post(f"/orders/{order.id}/cancel")
        assert [event.actor for event in order.events.all()] == ["customer", actor]


def test_stock_runs_out_and_is_filled_up(product: Product, farmer: Client) -> None:
    Product.objects.filter(id=product.id).update(stock=3)
    assert f"{product.name}: 3 left" in farmer.get("/farm").content.decode()
    farmer.post(f"/farm/products/{product.slug}/stock", {"by": "20"})
    assert Product.objects.get(id=product.id).stock == 23
    farmer.post(f"/farm/products/{product.slug}/stock", {"by": "-24"})
    farmer.post(f"/farm/products/{product.slug}/stock", {"by": "9" * 40})
    assert Product.objects.get(id=product.id).stock == 23


def test_pictures_of_others_are_left_alone(product: Product, client: Client) -> None:
    image = images.keep(product, images.decoded(png(40, 40)), "")
    client.force_login(Person.objects.filter(role="farmer").exclude(id=product.stall.farmer_id)[0])
    assert client.post(f"/farm/pictures/{image.id}").status_code == 404
    assert product.images.count() == 1


def test_weeks_without_sales_are_shown_too(place: Place, product: Product, now: datetime) -> None:
    order = place(2)
    weeks = queries.weeks(product.stall.farmer, now)
    assert [week.place for week in weeks] == list(range(8))
    assert [week.cents for week in weeks] == [0] * 7 + [order.total_cents]
    assert weeks[-1].height == 100


def test_open_orders_are_grouped_by_day_and_time(
    place: Place, product: Product, now: datetime
) -> None:
    for number in range(3):
        place(key=f"{number}" * 24)
    days = queries.days(queries.tasks(product.stall.farmer, now), now)
    assert [(day.name, [len(slot.tasks) for slot in day.slots]) for day in days] == [
        ("Tomorrow", [3])
    ]


def test_a_farmer_sees_nothing_of_other_stalls(
    place: Place, product: Product, client: Client
) -> None:
    order = place()
    client.force_login(Person.objects.filter(role="farmer").exclude(id=product.stall.farmer_id)[0])
    assert order.number not in client.get("/farm").content.decode()
    client.post(f"/farm/orders/{order.id}", {"status": "CONFIRMED"})
    assert client.post(f"/farm/products/{product.slug}/stock", {"by": "5"}).status_code == 404
    assert Order.objects.get().status == "PENDING"


def test_the_office_refunds(place: Place, client: Client, now: datetime) -> None:
    order = place()
    operations.change_status(
        order_id=order.id, wanted="CANCELLED", role="customer", actor="customer", now=now
    )
    client.force_login(Person.objects.create_superuser("boss@example.org", "x" * 12, name="Boss"))
    assert order.number in client.get("/office").content.decode()
    client.post(f"/farm/orders/{order.id}", {"status": "REFUNDED"})
    assert Order.objects.get().status == "REFUNDED"


def test_a_farmer_opens_pickup_times(product: Product, farmer: Client) -> None:
    address = f"/farm/stalls/{product.stall.slug}/slots"
    farmer.post(address, {"hour": "9", "capacity": "3"})
    farmer.post(address, {"hour": "9", "capacity": "3"})
    assert product.stall.slots.filter(capacity=3).count() == 7
    for wrong in ({"hour": "30", "capacity": "3"}, {"hour": "9", "capacity": "-1"}, {}):
        farmer.post(address, wrong)
    assert product.stall.slots.count() == 7 * 5
    other = Product.objects.exclude(stall=product.stall)[0].stall
    assert (
        farmer.post(f"/farm/stalls/{other.slug}/slots", {"hour": "9", "capacity": "3"}).status_code
        == 404
    )
