"""Live events to browsers: one reader of the event log per process, any number of server-sent event streams."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextvars import Context
from dataclasses import asdict
from functools import partial
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from golive.kernel.access.http import session_actor
from golive.kernel.access.operations import person_of_token
from golive.kernel.access.roles import Actor, Unauthenticated
from golive.kernel.events.queries import Happened, settled, settled_id, since
from golive.kernel.log import get_logger
from golive.kernel.problems import Problem
from golive.runtime.faults import headers_of

PERIOD = 0.2  # seconds between looks at the event log
KEEP_ALIVE = 15.0  # seconds of silence after which a comment is sent, so that proxies keep the stream
BACKLOG = 256  # events that a slow browser may be behind before it reads on from the log by itself
AT_ONCE = 1000  # events that one look reads
MOST = 250  # open streams: each holds a file, of which a process has 1024, and a thread
Result = TypeVar("Result")
logger = get_logger(__name__)


class TooManyStreams(Problem):
    """As many live streams are open as the control room can hold."""

    slug = "too-many-streams"
    title = "Too many live pages are open"
    status = 503


class Hub:
    """Reads the event log while anyone listens and hands each event to every listener's queue.

    A listener gets each event that is committed after it came, and after the one it names: at least once, and not always
    in the order of ids.
    """

    def __init__(self) -> None:
        # None in a queue: there was more than it holds, the log has it.
        self._listeners: set[asyncio.Queue[Happened | None]] = set()
        self._reader: asyncio.Task[None] | None = None
        self._reading = False
        self._beginning = asyncio.Lock()
        self._settled = 0  # the log is complete up to here
        self._told: set[int] = set()  # behind it, and handed out already

    @property
    def full(self) -> bool:
        return len(self._listeners) >= MOST

    async def listen(self, after: int | None = None) -> AsyncIterator[Happened | None]:
        """Yield events as they happen, before them those that came since event `after`; None every 15 s of silence."""
        queue: asyncio.Queue[Happened | None] = asyncio.Queue(BACKLOG)
        self._listeners.add(queue)
        try:
            await self._begin()
            queue.put_nowait(None)
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE):
                        event = await queue.get()
                except TimeoutError:
                    yield None
                    continue
                if event is not None:
                    after = event.id
                    yield event
                    continue
                after = self._settled if after is None else min(after, self._settled)
                while missed := await _ask(since, after):
                    for one in missed:
                        after = one.id
                        yield one
        finally:
            self._listeners.discard(queue)

    async def look(self) -> None:
        """Read what is new and hand it out."""
        events = await _ask(partial(since, limit=AT_ONCE), self._settled, keep=True)
        for event in events:
            if event.id not in self._told:
                for queue in self._listeners:
                    _put(queue, event)
        self._settled = settled([(event.id, event.at) for event in events], after=self._settled)
        self._told = {event.id for event in events if event.id > self._settled}

    async def _begin(self) -> None:
        async with self._beginning:
            if not self._reading:
                self._settled, self._told = await _ask(settled_id), set()
                self._reading = True
                # Not in the context of this request, whose thread ends with it.
                self._reader = asyncio.create_task(self._read(), context=Context())

    async def _read(self) -> None:
        while self._listeners:
            try:
                await self.look()
            except Exception:  # a database that is away for a moment must not end every stream
                logger.exception("event_log_not_read")
            await asyncio.sleep(PERIOD)
        self._reading = False  # who listens from now on begins anew
        await _ask(lambda: None)  # gives the kept connection back


def _put(queue: asyncio.Queue[Happened | None], event: Happened) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)
    else:
        queue.put_nowait(event)


async def _ask(function: Callable[..., Result], *arguments: object, keep: bool = False) -> Result:
    """Ask the state database and give its connection back: a stream is open for hours, and a pool has twenty.

    `keep` is for the one reader, which asks five times a second.
    """

    def ask() -> Result:
        try:
            return function(*arguments)
        finally:
            if not keep or connection.errors_occurred:
                connection.close()

    return await sync_to_async(ask)()


hub = Hub()


@require_GET
async def stream(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events of all that happens, for the control room and `golive status --watch`.

    `?after=` an event's id, or the header Last-Event-ID, asks first for what came since.
    """
    after = request.GET.get("after") or request.headers.get("Last-Event-ID", "")
    try:
        await _ask(_actor, request)
        if hub.full:
            raise TooManyStreams(f"{MOST} live pages are open.", hint="Close some, and load this one again.")
    except (Unauthenticated, TooManyStreams) as problem:
        return HttpResponse(json.dumps(problem.as_json()), status=problem.status, headers=headers_of(problem))
    return StreamingHttpResponse(
        _frames(int(after) if after.isdecimal() and len(after) < 19 else None),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _frames(after: int | None) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    async for event in hub.listen(after):
        if event is None:
            yield "event: beat\ndata:1\n\n"  # a browser that hears none for long knows that the line is dead
            continue
        body = asdict(event) | {"at": event.at.isoformat()}
        yield f"id: {event.id}\nevent: golive\ndata: {json.dumps(body)}\n\n"


def _actor(request: HttpRequest) -> Actor:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return person_of_token(secret).actor
    actor = session_actor(request)
    if actor is None:
        raise Unauthenticated("This needs a login.", hint="Log in first.")
    return actor
