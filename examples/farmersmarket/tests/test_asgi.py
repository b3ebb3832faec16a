"""Requests as the server hands them over: live streams hold nothing while they wait, bodies have an end."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from farmersmarket import asgi
from farmersmarket.orders.models import Order

Place = Callable[..., Order]
TRACKERS = 30


def _scope(method: str, path: str) -> dict[str, Any]:
    return {
        "type": "http", "method": method, "path": path, "query_string": b"", "http_version": "1.1",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "scheme": "http", "server": ("localhost", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip


class Visitor:
    """Sends one request and stays for the answer until ``leave``."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.listening = asyncio.Event()
        self._gone = asyncio.Event()
        self._asked = False

    async def visit(self, path: str) -> None:
        await asgi.application(_scope("GET", path), self._receive, self._send)

    def leave(self) -> None:
        self._gone.set()

    async def _receive(self) -> dict[str, Any]:
        if self._asked:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        self.came.append(message)
        if b"event: status" in message.get("body", b""):
            self.listening.set()


@pytest.mark.django_db(transaction=True)
def test_trackers_hold_no_thread_and_no_connection(place: Place) -> None:
    path = f"/live/{place().id}"
    opened: list[BaseDatabaseWrapper] = []

    def note(connection: BaseDatabaseWrapper, **facts: Any) -> None:
        opened.append(connection)

    async def track() -> tuple[int, int]:
        visitors = [Visitor() for _ in range(TRACKERS)]
        visits = [asyncio.create_task(visitor.visit(path)) for visitor in visitors]
        await asyncio.gather(*(visitor.listening.wait() for visitor in visitors))
        held = len({id(one) for one in opened if one.connection is not None})
        threads = threading.active_count()
        for visitor in visitors:
            visitor.leave()
        await asyncio.gather(*visits)
        return held, threads

    connection_created.connect(note)
    try:
        before = threading.active_count()
        held, threads = asyncio.run(asyncio.wait_for(track(), 60))
    finally:
        connection_created.disconnect(note)
    # What reads for all of them has a thread and a connection for the moment of a read.
    assert held < TRACKERS / 2
    assert threads - before < TRACKERS


def test_who_leaves_while_sending_is_forgotten() -> None:
    messages = iter(
        [
            {"type": "http.request", "body": b"x", "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    came: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        came.append(message)

    asyncio.run(asgi.application(_scope("POST", "/api/metrics"), receive, send))
    assert not came


def test_a_body_without_an_end_is_refused() -> None:
    sent: list[int] = []
    came: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        sent.append(1024 * 1024)
        return {"type": "http.request", "body": b"x" * sent[-1], "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        came.append(message)

    asyncio.run(asgi.application(_scope("POST", "/api/metrics"), receive, send))
    assert came[0]["status"] == 413
    assert "at most 32 MiB" in json.loads(came[1]["body"])["detail"]
    assert sum(sent) <= asgi.MOST_BYTES + sent[-1]
