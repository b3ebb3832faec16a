"""What the market tells: API times, business events, the key events of its log, errors; and nothing of a person."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.test import Client
from farmersmarket import telemetry
from farmersmarket.catalog import queries
from farmersmarket.catalog.models import Product
from farmersmarket.orders.models import Order
from golive_app.logs import JsonFormatter
from local_server import Call, LocalServer, Reply
from shopping import fill_cart

Place = Callable[..., Order]
ROOT = Path(__file__).parents[1]


class Recorder:
    """An instrument that remembers."""

    def __init__(self) -> None:
        self.points: list[dict[str, str | int]] = []

    def record(self, amount: float, **facts: str | int) -> None:
        self.points.append(facts)


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(telemetry, "_response_time", recorder)
    return recorder


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(telemetry, "_events", recorder)
    return recorder


def test_calls_of_the_api_are_timed_by_route(
    product: Product, client: Client, times: Recorder
) -> None:
    client.get(f"/api/products/{product.slug}")
    client.get("/api/products/none")
    client.get("/products")
    route = "/api/products/{slug}"
    assert times.points == [
        {"method": "GET", "route": route, "status_code": 200},
        {"method": "GET", "route": route, "status_code": 404},
    ]


def test_business_events_are_counted(product: Product, client: Client, events: Recorder) -> None:
    ada = {"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}
    client.post("/sign-up", ada)
    client.get("/products?q=carrot")
    client.post("/checkout", fill_cart(client, product))
    assert [point["event"] for point in events.points] == ["sign_up", "session", "search", "order"]


def test_key_events_are_in_the_log_and_nobody_is(
    product: Product,
    client: Client,
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.PAYMENT_URL = "http://127.0.0.1:9"
    monkeypatch.setattr("farmersmarket.answers.limits.WRITES", 0)
    with caplog.at_level("INFO"):
        client.post("/login", {"email": "ada@example.org", "password": "hunter2-hunter2"})
        client.post("/checkout", fill_cart(client, product))
        client.get("/products")
        client.force_login(product.stall.farmer)
        client.get("/office")
        client.post(f"/api/products/{product.slug}/inventory", {"by": 1}, "application/json")
        _database_away(client, monkeypatch)
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    assert {
        "authentication_failed",
        "authorization_denied",
        "rate_limit_hit",
        "cache_miss",
        "payment_failed",
        "database_connection_error",
    } <= {line["message"] for line in lines}
    text = json.dumps([line for line in lines if not line["logger"].startswith("django")])
    assert "example.org" not in text
    assert "hunter2" not in text
    assert "Ada" not in text


def _database_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as patched:
        patched.setattr(queries, "listed_stalls", gone)
        patched.setattr("farmersmarket.catalog.listing.page", lambda *_, **__: gone())
        client.raise_request_exception = False
        for path in ("/stalls", "/api/products"):
            answer = client.get(path)
            assert answer.status_code == 503, path
            assert "Retry-After" in answer.headers
    assert client.get("/stalls").status_code == 200


def test_what_is_broken_stays_a_500(
    world: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(queries, "listed_stalls", broken)
    client.raise_request_exception = False
    assert client.get("/stalls").status_code == 500


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Takes what a Sentry SDK sends."""
    events: list[dict[str, Any]] = []

    def answer(call: Call) -> Reply:
        events.extend(json.loads(line) for line in call.body.splitlines() if line[:1] == b"{")
        return Reply(200, b"{}")

    server = LocalServer(answer)
    yield server.url.replace("://", "://key@") + "/1", events
    server.stop()


PROGRAM = """
import django; django.setup(set_prefix=False)
from farmersmarket import telemetry
telemetry.watch_errors()
from django.test import Client
from farmersmarket.catalog import queries
SECRET = "hunt" + "er2"  # in no line of the source, which a report of an error may quote
def broken():
    secret = SECRET
    raise ZeroDivisionError("broken on purpose")
queries.listed_stalls = broken
client = Client(raise_request_exception=False)
assert client.get("/stalls?email=ada@example.org", headers={"Authorization": "Bearer " + SECRET}).status_code == 500
import sentry_sdk; sentry_sdk.flush(30)
"""


def test_errors_go_to_a_sentry_without_personal_data(
    receiver: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    dsn, events = receiver
    paths = [str(ROOT), str(ROOT / "vendor/golive-app/src"), *sys.path]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(paths),
        "DJANGO_SETTINGS_MODULE": "farmersmarket.settings",
        "DATABASE_PATH": str(tmp_path / "db.sqlite3"),
        "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.3",
        "SENTRY_DSN": dsn,
    }
    subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, cwd=ROOT)
    found = next(event for event in events if "exception" in event)
    assert found["exception"]["values"][-1]["value"] == "broken on purpose"
    assert found["release"] == "1.3"
    assert "hunter2" not in json.dumps(found)


def test_without_a_dsn_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENTRY_DSN", raising=False)
    telemetry.watch_errors()
