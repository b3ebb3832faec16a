"""Kept results: made once, right after every write, shared between processes, and not needed to sell."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache, caches
from django.test import Client
from farmersmarket.answers import limits
from farmersmarket.cache import backend
from farmersmarket.cache.kept import kept
from farmersmarket.cache.sessions import SessionStore
from farmersmarket.catalog import edition, listing, operations, queries
from farmersmarket.catalog.models import Product
from farmersmarket.orders import operations as orders
from farmersmarket.orders.models import Order
from redis_server import Server, program
from shoppers.journey import CATEGORIES, WORDS
from shopping import fill_cart

Place = Callable[..., Order]


@pytest.fixture
def redis(
    tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    if not program():
        pytest.skip("needs redis-server or valkey-server on the PATH")
    # A busy machine is no dead cache here.
    monkeypatch.setattr(backend, "TIMEOUT", 20.0)
    server = Server(tmp_path)
    _use(settings, server.url)
    yield server
    server.stop()


@pytest.fixture
def dead(settings: LazySettings) -> None:
    _use(settings, "redis://127.0.0.1:9/0")


def _use(settings: LazySettings, url: str) -> None:
    backend._health.rest_until = 0.0
    settings.CACHE_URL = url
    settings.CACHES = {
        **settings.CACHES,
        "default": {"BACKEND": "farmersmarket.cache.backend.SharedCache", "LOCATION": url},
    }
    settings.SESSION_ENGINE = "farmersmarket.cache.sessions"


@pytest.fixture(params=["in process", "redis"])
def each(request: pytest.FixtureRequest) -> None:
    if request.param == "redis":
        request.getfixturevalue("redis")


def test_a_result_is_made_once_however_many_ask(each: None) -> None:
    made: list[int] = []
    together = threading.Barrier(12)

    def make() -> str:
        made.append(1)
        threading.Event().wait(0.1)
        return "result"

    def ask(_: int) -> str:
        together.wait(20)
        return kept("test", "stampede", make)

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(ask, range(12))) == {"result"}
    assert len(made) == 1


def test_another_process_that_makes_it_is_waited_for(redis: Server) -> None:
    place = f"kept:test:{sha256(repr('other').encode()).hexdigest()[:32]}"
    cache.add(f"{place}:making", 1, 5)
    threading.Timer(0.2, lambda: cache.set(place, ("theirs",), 60)).start()
    assert kept("test", "other", lambda: "mine") == "theirs"


def test_a_failure_is_not_kept(each: None) -> None:
    def fail() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        kept("test", "failing", fail)
    assert kept("test", "failing", lambda: "well") == "well"
    assert kept("test", "nothing", lambda: None) is None


def test_lists_are_right_after_every_write(
    each: None, product: Product, now: datetime, place: Place
) -> None:
    def names() -> list[str]:
        wanted = listing.Filter(stall=product.stall.slug)
        return [row.name for row in listing.page(wanted, sort="name", cursor="", limit=50)[0]]

    def in_stock() -> set[int]:
        wanted = listing.Filter(stall=product.stall.slug, in_stock=True)
        return {row.id for row in listing.page(wanted, sort="name", cursor="", limit=50)[0]}

    before = names()
    facts = operations.Facts("Aaa", "", product.category, "piece", 100, False)
    made = operations.create(stall=product.stall, facts=facts, stock=1, now=now)
    assert names() == ["Aaa", *before]
    operations.change(
        product=made, facts=operations.Facts(**{**vars(facts), "name": "Aab"}), version=1, now=now
    )
    assert names()[0] == "Aab"
    assert queries.browse(words="aab")[0][0].id == made.id
    operations.archive(product=made, version=2)
    assert names() == before
    assert queries.browse(words="aab")[0] == []
    Product.objects.filter(id=product.id).update(stock=2)
    edition.turn()
    assert product.id in in_stock()
    order = place(2)
    assert product.id not in in_stock()
    orders.change_status(
        order_id=order.id, wanted="CANCELLED", role="customer", actor="customer", now=now
    )
    assert product.id in in_stock()
    operations.adjust(product=product, by=-2, reason="", now=now)
    assert product.id not in in_stock()


def test_a_kept_list_shows_the_stock_of_the_moment(product: Product, place: Place) -> None:
    def stock() -> int:
        rows, _ = listing.page(listing.Filter(), sort="newest", cursor="", limit=100)
        return next(row.stock for row in rows if row.id == product.id)

    before = stock()
    place(3)
    assert stock() == before - 3


def test_the_cart_and_the_login_outlive_the_cache(
    redis: Server, product: Product, client: Client
) -> None:
    form = fill_cart(client, product, 2)
    client.force_login(product.stall.farmer)
    redis.stop()
    assert client.get("/farm").status_code == 200
    form = fill_cart(client, product, 1)
    answer = client.post("/checkout", form)
    assert answer.status_code == 302
    assert client.get("/products").status_code == 200
    assert client.get("/api/products").status_code == 200
    redis.start()
    backend._health.rest_until = 0.0
    assert client.get("/cart").context["cart_size"] == 0
    assert Order.objects.count() == 1


def test_the_shop_sells_with_a_dead_cache(dead: None, product: Product, client: Client) -> None:
    assert client.post("/checkout", fill_cart(client, product)).status_code == 302
    assert client.get("/products?q=apple").status_code == 200
    assert client.get("/api/ready").status_code == 200
    assert client.get("/api/health").json()["checks"]["redis"]["status"] == "down"


def test_sessions_are_read_from_the_cache_and_end_in_both(
    redis: Server, db: None, django_assert_num_queries: Any
) -> None:
    session = SessionStore()
    session["cart"] = {"1": [1, 100]}
    session.create()
    with django_assert_num_queries(0):
        assert SessionStore(session.session_key)["cart"] == {"1": [1, 100]}
    session.flush()
    assert SessionStore(session.session_key or "x" * 32).load() == {}


def test_limits_are_counted_for_all_processes_together(redis: Server) -> None:
    assert all(limits.count("act", "ada", most=3, seconds=60) for _ in range(3))
    other = type(cache._connections[cache._alias])(redis.url, {})  # as another process would
    assert int(other.get("limit:act:ada")) == 3
    assert not limits.count("act", "ada", most=3, seconds=60)
    limits.clear("act", "ada")
    assert limits.count("act", "ada", most=3, seconds=60)


def test_limits_hold_in_each_process_when_the_cache_is_gone(dead: None) -> None:
    results = [limits.count("act", "ada", most=3, seconds=60) for _ in range(5)]
    assert results == [True] * 3 + [False] * 2
    assert caches["own"].get("limit:act:ada") == 5


def test_what_was_counted_is_forgotten_when_the_cache_is_gone(dead: None) -> None:
    for _ in range(3):
        assert limits.count("act", "ada", most=1, seconds=60)
        limits.clear("act", "ada")


def test_every_call_survives_a_dead_cache(dead: None) -> None:
    assert cache.get("a", "b") == "b"
    assert cache.get_many(["a"]) == {}
    assert cache.set_many({"a": 1}) == ["a"]
    assert not cache.touch("a")
    assert not cache.has_key("a")
    assert not cache.delete("a")
    cache.set("a", 1)
    cache.delete_many(["a"])
    assert not cache.clear()


def test_every_call_reaches_a_living_one(redis: Server) -> None:
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b"]) == {"a": 1, "b": 2}
    assert cache.touch("a", 60)
    assert cache.has_key("a")
    cache.delete_many(["a"])
    assert not cache.has_key("a")
    assert cache.delete("b")
    assert cache.clear()
    with pytest.raises(ValueError, match="not found"):
        cache.incr("gone")
    assert Client().get("/api/health").json()["checks"]["redis"]["status"] == "ok"


def test_shoppers_find_most_lists_kept(
    world: None, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, made = Random(3), []
    browsed = queries._browsed
    monkeypatch.setattr(queries, "_browsed", lambda *asked: made.append(asked) or browsed(*asked))
    for number in range(400):
        words = random.choice(WORDS) if random.random() < 0.25 else ""
        queries.browse(words=words, category="" if words else random.choice(CATEGORIES))
        if number % 4 == 0:
            place(1, key=f"{number:024d}")
    assert 1 - len(made) / 400 >= 0.85
