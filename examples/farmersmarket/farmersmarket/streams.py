"""Server-sent events that follow a table with growing ids.

One reader a process and table looks for new rows while anybody is watching, so that 500 watchers cost the database
four small queries a second, and what another replica wrote is seen like a row of one's own.
"""

import asyncio
import logging
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import Max, Model

from farmersmarket.troubles import AWAY

PERIOD = 0.25
HEARTBEAT = 15.0
LONGEST = 300.0
OVERLAP = 50

P, T = ParamSpec("P"), TypeVar("T")
Newest = Callable[[], Awaitable[int]]
Since = Callable[[int], Awaitable[list[tuple[int, str]]]]
log = logging.getLogger(__name__)
_feeds: "weakref.WeakSet[Feed]" = weakref.WeakSet()


def reading(read: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Has it read on a thread and a connection of its own: it may outlive the request that started it."""

    @wraps(read)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        finally:
            connection.close()

    return sync_to_async(alone, thread_sensitive=False)


def rows_of(model: type[Model], key: str) -> tuple[Newest, Since]:
    """What a ``Feed`` asks about a table whose column ``key`` says whom a row is about."""

    @reading
    def newest() -> int:
        return model._default_manager.aggregate(newest=Max("id"))["newest"] or 0

    @reading
    def since(seen: int) -> list[tuple[int, str]]:
        rows = model._default_manager.filter(id__gt=seen).order_by("id").values_list("id", key)
        return [(row_id, str(about)) for row_id, about in rows[:500]]

    return newest, since


class Feed:
    """Wakes the watchers of a key when a row about it appears.

    ``newest`` gives the highest id, ``since`` the ids above one with their keys, oldest first.
    """

    def __init__(self, newest: Newest, since: Since) -> None:
        self._newest = newest
        self._since = since
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._reader: asyncio.Task[None] | None = None
        self._draining = False
        _feeds.add(self)

    def drain(self) -> None:
        """Ends every stream; called from a signal handler on the loop's own thread."""
        self._draining = True
        self._wake_all()

    async def stream(
        self, key: str, news_of: Callable[[], Awaitable[list[bytes]]]
    ) -> AsyncIterator[bytes]:
        """What ``news_of`` has now, and again each time a row about ``key`` appears, for five minutes at most.

        Ends when the database is away just then: browsers connect again.
        """
        yield b"retry: 1000\n\n"
        woken = self._watch(key)
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST
        try:
            while not self._draining and loop.time() < until:
                woken.clear()
                for chunk in await news_of():
                    yield chunk
                try:
                    # In Python 3.11 `wait_for` swallows that the visitor left, when woken at the same moment.
                    async with asyncio.timeout(HEARTBEAT):
                        await woken.wait()
                except TimeoutError:
                    yield b": still here\n\n"
        except AWAY as error:
            log.error("database_connection_error", extra={"error": type(error).__name__})
        finally:
            self._leave(key, woken)

    def _watch(self, key: str) -> asyncio.Event:
        woken = asyncio.Event()
        self._watchers.setdefault(key, set()).add(woken)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._follow())
        return woken

    def _leave(self, key: str, woken: asyncio.Event) -> None:
        self._watchers[key].discard(woken)
        if not self._watchers[key]:
            del self._watchers[key]

    def _wake_all(self) -> None:
        for watchers in self._watchers.values():
            for woken in watchers:
                woken.set()

    async def _follow(self) -> None:
        newest: int | None = None
        known: set[int] = set()
        while self._watchers and not self._draining:
            try:
                if newest is None:
                    newest = await self._newest()
                    self._wake_all()
                # PostgreSQL gives ids before it commits: a lower id may appear after a higher one.
                rows = await self._since(newest - OVERLAP)
            except AWAY as error:
                log.error("database_connection_error", extra={"error": type(error).__name__})
            else:
                for row_id, key in rows:
                    if row_id not in known:
                        for woken in self._watchers.get(key, ()):
                            woken.set()
                known = {row_id for row_id, _ in rows}
                newest = max(known, default=newest)
            await asyncio.sleep(PERIOD)


def drain() -> None:
    """Ends every stream of this process."""
    for feed in list(_feeds):
        feed.drain()
