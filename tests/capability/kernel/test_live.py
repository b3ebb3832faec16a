"""Live pages lose no event, and hold nothing that others need."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context
from datetime import datetime, timedelta

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.test import Client

from golive.kernel import clock
from golive.kernel.access import operations as access
from golive.kernel.access.roles import GOLIVE, Role
from golive.kernel.events.models import Event
from golive.kernel.events.queries import Happened, settled_id
from golive.runtime import live

pytestmark = pytest.mark.django_db(transaction=True)


def happen(*ids: int, at: datetime | None = None) -> None:
    Event.objects.bulk_create(Event(id=one, kind="test.rang", subject="bell", at=at or clock.now()) for one in ids)


@pytest.fixture
def viewer() -> str:
    person = access.create_person(by=GOLIVE, email="vera@example.com", name="Vera", role=Role.VIEWER)
    return access.create_token(by=GOLIVE, person=person, name="t")[1]


async def hear(stream: AsyncIterator[Happened | None], count: int) -> list[int]:
    async with asyncio.timeout(60):
        return [event.id for event in [await anext(stream) for _ in range(count)] if event]


def run(story: Callable[[live.Hub], Awaitable[None]]) -> None:
    """Tell a story in an event loop, to the end of the hub's reader."""

    async def whole(hub: live.Hub) -> None:
        await story(hub)
        if hub._reader:
            await hub._reader

    async_to_sync(whole)(live.Hub())


def test_a_browser_that_was_away_hears_what_it_missed_and_then_what_happens() -> None:
    async def story(hub: live.Hub) -> None:
        await sync_to_async(happen)(1, 2, 3)
        stream = hub.listen(after=1)
        assert await hear(stream, 2) == [2, 3]
        await sync_to_async(happen)(4)
        assert await hear(stream, 1) == [4]
        await stream.aclose()

    run(story)


def test_a_slow_browser_hears_all_in_the_end() -> None:
    many = live.BACKLOG * 3

    async def story(hub: live.Hub) -> None:
        await sync_to_async(happen)(1)
        stream, other = hub.listen(after=0), hub.listen(after=0)
        assert await hear(stream, 1) == await hear(other, 1) == [1]
        for begin in range(2, many, 50):
            await sync_to_async(happen)(*range(begin, min(begin + 50, many)))
            await hub.look()
        await sync_to_async(happen)(many)
        heard = {1}
        while many not in heard:
            heard |= set(await hear(stream, 1))
        assert heard == set(range(1, many + 1))
        await stream.aclose()
        await other.aclose()

    run(story)


def test_an_event_that_commits_after_a_younger_one_is_heard() -> None:
    """PostgreSQL gives out ids before it commits."""

    async def story(hub: live.Hub) -> None:
        await sync_to_async(happen)(1)
        stream = hub.listen(after=1)
        await sync_to_async(happen)(3)
        assert await hear(stream, 1) == [3]
        await hub.look()
        await sync_to_async(happen)(2)
        while 2 not in await hear(stream, 1):
            pass  # one may come twice
        await stream.aclose()

    run(story)


@pytest.mark.parametrize(("old", "begins"), [(False, 1), (True, 3)])
def test_a_page_begins_to_listen_before_what_may_still_come(old: bool, begins: int) -> None:
    assert settled_id() == 0
    happen(1)
    happen(3, at=clock.now() - timedelta(minutes=old))
    assert settled_id() == begins


def test_who_comes_while_the_reader_leaves_hears_what_happens() -> None:
    async def story(hub: live.Hub) -> None:
        await sync_to_async(happen)(1)
        first = hub.listen(after=0)
        assert await hear(first, 1) == [1]
        busy, leaving = threading.Event(), hub._reader
        await first.aclose()
        thread = asyncio.create_task(sync_to_async(busy.wait)(), context=Context())
        assert leaving
        await asyncio.wait({leaving}, timeout=3 * live.PERIOD)  # its thread is busy: it cannot give back its connection
        second = hub.listen(after=0)
        heard = asyncio.create_task(hear(second, 1))
        await asyncio.wait({heard}, timeout=live.PERIOD)
        busy.set()
        await asyncio.wait({thread, leaving})
        assert await heard == [1]
        heard = asyncio.create_task(hear(second, 1))
        await asyncio.wait({heard}, timeout=live.PERIOD)  # it has caught up and waits for the reader
        await sync_to_async(happen)(2)
        assert await heard == [2]
        await second.aclose()

    run(story)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a database in memory is never closed")
def test_when_nobody_listens_no_connection_is_held() -> None:
    async def story(hub: live.Hub) -> None:
        stream = hub.listen(after=0)
        await sync_to_async(happen)(1)
        assert await hear(stream, 1) == [1]
        await stream.aclose()

    run(story)
    assert connection.connection is None


def test_a_stream_that_could_not_begin_is_forgotten() -> None:
    def refuse(*_: object) -> None:
        raise OSError("away")

    async def story(hub: live.Hub) -> None:
        with pytest.raises(OSError, match="away"):
            await hear(hub.listen(after=0), 1)
        assert not hub._listeners

    with connection.execute_wrapper(refuse):
        run(story)


def test_more_streams_than_it_can_hold_are_refused_in_words(viewer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 0)
    answer = Client().get("/api/v1/events/stream", headers={"Authorization": f"Bearer {viewer}"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["type"].endswith("#too-many-streams")
