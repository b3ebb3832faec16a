"""Live events to browsers: one reader of the event log per process, any number of server-sent event streams."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from golive.kernel.access.http import session_actor
from golive.kernel.access.operations import person_of_token
from golive.kernel.access.roles import Actor, Unauthenticated
from golive.kernel.events.queries import Happened, last_id, since
from golive.kernel.log import get_logger

PERIOD = 0.2  # seconds between looks at the event log
KEEP_ALIVE = 15.0  # seconds of silence after which a comment is sent, so that proxies keep the stream
BACKLOG = 256  # events that a slow browser may be behind before it is told to load the page again
logger = get_logger(__name__)


class Hub:
    """Reads the event log while anyone listens and hands each event to every listener's queue."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Happened | None]] = set()
        self._reader: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()

    async def listen(self, after: int | None = None) -> AsyncIterator[Happened | None]:
        """Yield events as they happen, before them those that came since event `after`; None every 15 s of silence."""
        queue: asyncio.Queue[Happened | None] = asyncio.Queue(BACKLOG)
        self._listeners.add(queue)
        async with self._beginning:
            if self._reader is None or self._reader.done():
                self._reader = asyncio.create_task(self._read(await sync_to_async(last_id)()))
        try:
            # Asked after the reader knows where it begins, so that no event falls between the two; one may come twice.
            while after is not None:
                missed = await sync_to_async(since)(after)
                for event in missed:
                    yield event
                after = missed[-1].id if missed else None
            while True:
                try:
                    yield await asyncio.wait_for(queue.get(), KEEP_ALIVE)
                except TimeoutError:
                    yield None
        finally:
            self._listeners.discard(queue)

    async def _read(self, seen: int) -> None:
        while self._listeners:
            try:
                for event in await sync_to_async(since)(seen):
                    seen = event.id
                    for queue in self._listeners:
                        if not queue.full():
                            queue.put_nowait(event)
            except Exception:  # a database that is away for a moment must not end every stream
                logger.exception("event_log_not_read")
            await asyncio.sleep(PERIOD)


hub = Hub()


async def stream(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events of all that happens, for the control room and `golive status --watch`.

    `?after=` an event's id, or the header Last-Event-ID, asks first for what came since.
    """
    after = request.GET.get("after") or request.headers.get("Last-Event-ID", "")
    try:
        await sync_to_async(_actor)(request)
    except Unauthenticated as problem:
        return HttpResponse(json.dumps(problem.as_json()), status=401, content_type="application/problem+json")
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
