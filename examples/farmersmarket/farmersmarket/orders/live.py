"""Server-sent events of an order's status.

One reader a process follows the growing ids of ``OrderEvent`` while anybody is watching, so that 500 watchers
cost the database four small queries a second and a change made by another replica is seen like one of its own.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial

from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import Max

from farmersmarket.orders.models import OrderEvent

PERIOD = 0.25
HEARTBEAT = 15.0
LONGEST = 300.0
OVERLAP = 50


# Not on the request's own thread: the reader outlives the request that started it.
_reading = partial(sync_to_async, thread_sensitive=False)


class Feed:
    """Wakes the watchers of an order when it has news."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._reader: asyncio.Task[None] | None = None
        self.draining = False

    def watch(self, order_id: str) -> asyncio.Event:
        news = asyncio.Event()
        self._watchers.setdefault(order_id, set()).add(news)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._follow())
        return news

    def leave(self, order_id: str, news: asyncio.Event) -> None:
        self._watchers[order_id].discard(news)
        if not self._watchers[order_id]:
            del self._watchers[order_id]

    def wake_all(self) -> None:
        for watchers in self._watchers.values():
            for news in watchers:
                news.set()

    async def _follow(self) -> None:
        newest = await _newest()
        known: set[int] = set()
        self.wake_all()
        while self._watchers and not self.draining:
            await asyncio.sleep(PERIOD)
            # PostgreSQL gives ids before it commits: a lower id may appear after a higher one.
            rows = await _since(newest - OVERLAP)
            for event_id, order_id in rows:
                if event_id not in known:
                    for news in self._watchers.get(order_id, ()):
                        news.set()
            known = {event_id for event_id, _ in rows}
            newest = max(known, default=newest)


feed = Feed()


def drain() -> None:
    """Ends every stream; called from a signal handler on the loop's own thread."""
    feed.draining = True
    feed.wake_all()


async def stream(order_id: str, after: int) -> AsyncIterator[bytes]:
    """The order's events with ids above ``after``, then each new one within about a quarter of a second."""
    yield b"retry: 1000\n\n"
    news = feed.watch(order_id)
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST
    try:
        while not feed.draining and loop.time() < until:
            news.clear()
            for event in await _history(order_id, after):
                after = event["id"]
                yield f"id: {after}\nevent: status\ndata: {json.dumps(event)}\n\n".encode()
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT)
            except TimeoutError:
                yield b": still here\n\n"
    finally:
        feed.leave(order_id, news)


@_reading
def _newest() -> int:
    try:
        return OrderEvent.objects.aggregate(newest=Max("id"))["newest"] or 0
    finally:
        connection.close()


@_reading
def _since(seen: int) -> list[tuple[int, str]]:
    try:
        return list(OrderEvent.objects.filter(id__gt=seen).values_list("id", "order_id")[:500])
    finally:
        connection.close()


@_reading
def _history(order_id: str, after: int) -> list[dict[str, object]]:
    try:
        rows = OrderEvent.objects.filter(order_id=order_id, id__gt=after)
        return [{"id": row.id, "status": row.status, "at": row.at.isoformat()} for row in rows]
    finally:
        connection.close()
