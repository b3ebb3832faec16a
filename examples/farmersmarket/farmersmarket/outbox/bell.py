"""How many notices somebody has not read, as it changes."""

from collections.abc import AsyncIterator

from farmersmarket.outbox.models import Notice
from farmersmarket.streams import Feed, reading, rows_of

feed = Feed(*rows_of(Notice, "person_id"))


@reading
def _unread(person_id: int) -> int:
    return Notice.objects.filter(person_id=person_id, read=False).count()


def stream(person_id: int) -> AsyncIterator[bytes]:
    """The number of unread notices, now and whenever it changes."""
    told = -1

    async def news() -> list[bytes]:
        nonlocal told
        before, told = told, await _unread(person_id)
        return [] if told == before else [f"event: unread\ndata: {told}\n\n".encode()]

    return feed.stream(str(person_id), news)
