"""What browsers keep, measure and show."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from farmersmarket import vitals
from farmersmarket.catalog.models import Category, Product
from farmersmarket.orders import operations
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person
from farmersmarket.templatetags import market as tags
from farmersmarket.world.world import GOODS

Place = Callable[..., Order]
STATIC = Path(tags.__file__).parents[1] / "static" / "market"
GOOD = {
    "page": "/products/{slug}",
    "device": "phone",
    "release": "1.4.2",
    "vitals": [{"name": "LCP", "value": 1800.5}, {"name": "CLS", "value": 0.3}],
}


Facts = Callable[[str], list[dict[str, object]]]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Facts:
    """The log lines of one name."""
    monkeypatch.setattr(vitals, "_releases", set())
    caplog.set_level(logging.INFO)
    return lambda name: [vars(line) for line in caplog.records if line.message == name]


def _send(client: Client, body: object, path: str = "/api/metrics") -> int:
    return client.post(path, body, content_type="application/json").status_code


def test_vitals_are_passed_on_by_page_device_and_release(client: Client, told: Facts) -> None:
    assert _send(client, GOOD) == 204
    found = told("web_vital")
    assert [(line["vital"], line["value"], line["rating"]) for line in found] == [
        ("LCP", 1800.5, "good"),
        ("CLS", 0.3, "poor"),
    ]
    assert {(line["page"], line["device"], line["release"]) for line in found} == {
        ("/products/{slug}", "phone", "1.4.2")
    }


@pytest.mark.parametrize(
    "change",
    [
        {"vitals": []},
        {"vitals": [{"name": "LCP", "value": -1}]},
        {"vitals": [{"name": "XXX", "value": 1}]},
        {"vitals": [{"name": "LCP", "value": "NaN"}]},
        {"device": "toaster"},
        {"release": "<script>"},
        {"page": "/" * 200},
        {"more": 1},
    ],
)
def test_made_up_vitals_are_refused(client: Client, change: dict[str, object]) -> None:
    assert _send(client, GOOD | change) == 422


def test_made_up_pages_and_releases_make_no_series(client: Client, told: Facts) -> None:
    for number in range(vitals.RELEASES + 3):
        _send(client, GOOD | {"page": f"/made-up/{number}", "release": f"9.{number}"})
    found = told("web_vital")
    assert {line["page"] for line in found} == {"other"}
    assert len({line["release"] for line in found}) == vitals.RELEASES + 1


def test_beacons_are_limited(client: Client) -> None:
    answers = {_send(client, GOOD) for _ in range(vitals.MOST + 1)}
    assert answers == {204, 429}


@pytest.mark.parametrize(("name", "value", "word"), [
    ("LCP", 2500, "good"), ("LCP", 4001, "poor"), ("INP", 300, "needs-improvement"), ("CLS", 0.1, "good"),
])  # fmt: skip
def test_ratings(name: str, value: float, word: str) -> None:
    assert vitals.rating(name, value) == word


def test_tracking_is_measured_by_what_was_seen(
    place: Place, client: Client, told: Facts, now: datetime
) -> None:
    order = place()
    path = f"/api/orders/{order.id}/seen"
    assert _send(client, {"status": "PENDING"}, path) == 204
    assert _send(client, {"status": "READY", "live": True}, path) == 204
    assert _send(client, {"status": "EATEN"}, path) == 422
    assert _send(client, {"status": "READY"}, "/api/orders/nothing/seen") == 404
    found = told("order_status_seen")
    assert [(line["status"], line["held"]) for line in found] == [
        ("PENDING", True),
        ("READY", False),
    ]


def test_a_completed_order_is_a_business_event(place: Place, told: Facts, now: datetime) -> None:
    order = place(3)
    late = order.pickup_at + timedelta(minutes=12)
    for status in ("CONFIRMED", "PREPARING", "READY", "COLLECTED"):
        operations.change_status(
            order_id=order.id, wanted=status, role="admin", actor="office", now=late
        )
    done = told("order_completed")[0]
    assert (done["cents"], done["delay_minutes"]) == (order.total_cents, 12)


def test_the_worker_is_of_its_release(client: Client, settings: LazySettings) -> None:
    settings.RELEASE = "2.0.1"
    answer = client.get("/sw.js")
    text = answer.content.decode()
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert 'RELEASE = "2.0.1"' in text
    settings.SERVICE_WORKER = False
    assert "registration.unregister()" in client.get("/sw.js").content.decode()


def test_the_offline_page_names_nobody(db: None, client: Client) -> None:
    text = client.get("/offline").content.decode()
    assert "You are offline" in text
    assert "csrf" not in text


def test_only_a_customers_own_order_may_be_kept(
    place: Place, product: Product, client: Client
) -> None:
    path = f"/orders/{place().id}/track"
    assert client.get(path).headers["X-Keep-Offline"] == "yes"
    for person in (
        product.stall.farmer,
        Person.objects.create_superuser("boss@example.org", "x" * 12, name="Boss"),
    ):
        client.force_login(person)
        assert "X-Keep-Offline" not in client.get(path).headers


def test_every_product_has_a_drawing_that_exists() -> None:
    names = [
        Product(name=name, category=kind) for kind, goods in GOODS.items() for name, _, _ in goods
    ]
    others = [Product(name="Something else", category=kind) for kind in Category.values]
    for product in names + others:
        assert (STATIC / "art" / f"{tags.drawing(product)}.svg").is_file(), product.name


def test_the_javascript_is_small() -> None:
    assert sum(path.stat().st_size for path in STATIC.glob("*.js")) < 60_000
