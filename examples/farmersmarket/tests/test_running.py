"""How the market is put into service: environment, static files, release command, live streams."""

import asyncio
import json
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from farmersmarket import streams
from farmersmarket.catalog.models import Stall
from farmersmarket.environment import database_from_url, release, secret_key, words
from farmersmarket.orders import live, operations
from farmersmarket.orders.models import Order, OrderEvent

Place = Callable[..., Order]


def test_postgresql_comes_from_one_variable() -> None:
    found = database_from_url(
        "postgresql://me:p%40ss@db.example:5433/shop?sslmode=require&pool_max=50"
    )
    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("shop", "me", "p@ss")
    assert (found["HOST"], found["PORT"]) == ("db.example", 5433)
    assert found["OPTIONS"] == {
        "sslmode": "require",
        "pool": {"min_size": 10, "max_size": 50, "timeout": 5, "reconnect_timeout": 5},
    }
    assert database_from_url("postgresql://me@/shop?host=/run/pg")["HOST"] == "/run/pg"
    with pytest.raises(ValueError, match="mysql"):
        database_from_url("mysql://x")


def test_one_key_is_made_and_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    key = secret_key(tmp_path)
    assert len(key) > 50
    assert secret_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    monkeypatch.setenv("SECRET_KEY", "given")
    assert secret_key(tmp_path) == "given"


def test_lists_may_use_commas_or_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "a.example, b.example c.example")
    assert words("ALLOWED_HOSTS", "") == ["a.example", "b.example", "c.example"]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", "local"),
        ("service.version=1.4.2,golive.release=rel_1", "1.4.2"),
        ("service.version=%22%3E<x>,a=b", "local"),
        ("nonsense", "local"),
    ],
)
def test_the_release_comes_from_the_standard_variable(
    monkeypatch: pytest.MonkeyPatch, attributes: str, expected: str
) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", attributes)
    assert release() == expected


def test_static_files_are_served_with_all_headers(db: None, client: Client) -> None:
    answer = client.get("/static/market/market.css")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")
    assert b"--leaf" in answer.content
    assert "Content-Security-Policy" in answer.headers
    assert client.get("/static/../farmersmarket/settings.py").status_code == 404


def test_a_release_is_prepared_with_or_without_a_sample(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMPLE_WORLD", raising=False)
    call_command("prepare_release", verbosity=0)
    assert not Stall.objects.exists()
    monkeypatch.setenv("SAMPLE_WORLD", "small")
    call_command("prepare_release", verbosity=0)
    call_command("prepare_release", verbosity=0)
    assert Stall.objects.count() == 12


def _statuses(chunk: bytes) -> list[str]:
    lines = chunk.decode().splitlines()
    return [json.loads(line[6:])["status"] for line in lines if line.startswith("data: ")]


@pytest.mark.django_db(transaction=True)
def test_a_stream_tells_what_was_and_what_comes(
    place: Place, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "feed", streams.Feed(*streams.rows_of(OrderEvent, "order_id")))
    order = place()

    async def watch() -> list[str]:
        seen: list[str] = []
        async for chunk in live.stream(order.id, 0):
            news = _statuses(chunk)
            seen += news
            if news == ["PENDING"]:
                await asyncio.to_thread(_cancel, order.id, now)
            if "CANCELLED" in seen:
                live.feed.drain()
        return seen

    assert asyncio.run(asyncio.wait_for(watch(), 30)) == ["PENDING", "CANCELLED"]


def _cancel(order_id: str, now: datetime) -> None:
    from django.db import connection

    operations.change_status(
        order_id=order_id, wanted="CANCELLED", role="customer", actor="customer", now=now
    )
    connection.close()
