"""While the database is away the market says so, and goes on by itself afterwards."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from farmersmarket import streams
from farmersmarket.catalog.models import Product
from farmersmarket.orders.models import Order
from farmersmarket.outbox.management.commands import deliver
from shopping import fill_cart

Away = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def away() -> Away:
    """The database does not answer statements that begin with the given words."""

    def begin(words: str) -> AbstractContextManager[None]:
        def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            if sql.startswith(words):
                raise OperationalError("the connection is lost")
            return execute(sql, *rest)

        return connection.execute_wrapper(refuse)

    return begin


@pytest.fixture
def visitor(client: Client) -> Client:
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("path", ["/", "/products", "/stalls", "/cart", "/farm", "/nowhere"])
def test_people_are_told_plainly(product: Product, visitor: Client, away: Away, path: str) -> None:
    fill_cart(visitor, product)
    visitor.force_login(product.stall.farmer)
    with away("SELECT"):
        answer = visitor.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Away for a moment" in answer.content.decode()
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("path", ["/api/products", "/api/products/search?q=x", "/api/orders/x"])
def test_programs_get_a_problem_document(
    world: None, visitor: Client, away: Away, path: str
) -> None:
    with away("SELECT"):
        answer = visitor.get(path)
    assert answer.status_code == answer.json()["status"] == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    "statement",
    ['UPDATE "catalog_product"', 'INSERT INTO "orders_orderevent"', 'UPDATE "django_session"'],
)
def test_an_order_that_was_cut_off_is_sent_again_and_is_one(
    product: Product, visitor: Client, away: Away, statement: str
) -> None:
    form = fill_cart(visitor, product)
    with away(statement):
        answer = visitor.post("/checkout", form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "it stays one order" in answer.content.decode()
    assert visitor.post("/checkout", form).status_code == 302
    assert Order.objects.count() == 1
    assert Product.objects.get(id=product.id).stock == product.stock - 1


def test_the_worker_waits_for_the_database(db: None, away: Away, now: datetime) -> None:
    with away("SELECT"):
        deliver._tidy(now)
        assert deliver._work() == 0
    assert deliver._work() == 0


def test_streams_go_on_when_the_database_is_back() -> None:
    """One that is open hears what came later; one that asks just then ends, and its browser comes again."""
    newest: Iterator[Any] = iter([OperationalError(), 0])
    rows: Iterator[Any] = iter([[], InterfaceError(), OperationalError(), [(1, "mine")]])
    news = iter([[b"before"], [b"after"]])

    async def answer(of: Iterator[Any], otherwise: Any) -> Any:
        found = next(of, otherwise)
        if isinstance(found, Exception):
            raise found
        return found

    feed = streams.Feed(lambda: answer(newest, 0), lambda _: answer(rows, [(1, "mine")]))

    async def listen() -> list[bytes]:
        heard = []
        async for chunk in feed.stream("mine", lambda: answer(news, OperationalError())):
            heard.append(chunk)
            if chunk == b"after":
                feed.drain()
        return heard[1:]

    assert asyncio.run(asyncio.wait_for(listen(), 30)) == [b"before", b"after"]


def test_a_visitor_who_leaves_when_news_comes_is_gone() -> None:
    async def answer(found: Any) -> Any:
        return found

    async def leave() -> None:
        told = 0

        async def visit() -> None:
            nonlocal told
            async for _ in feed.stream("mine", lambda: answer([b"now"])):
                told += 1

        feed = streams.Feed(lambda: answer(0), lambda _: answer([]))
        visitor = asyncio.create_task(visit())
        while told < 3:  # the greeting, what is now, and once more when the reader began
            await asyncio.sleep(0)
        feed._wake_all()
        visitor.cancel()
        done, _ = await asyncio.wait({visitor}, timeout=20)
        assert done

    asyncio.run(leave())
