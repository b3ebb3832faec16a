"""How many notices somebody has not read, as it changes."""

from collections.abc import AsyncIterator

from django.db import connection
from django.db.models import Max

from farmersmarket.outbox.models import Notice
from farmersmarket.streams import Feed, reading


@reading
def _newest() -> int:
    try:
        return Notice.objects.aggregate(newest=Max("id"))["newest"] or 0
    finally:
        connection.close()


@reading
def _since(seen: int) -> list[tuple[int, str]]:
    try:
        rows = Notice.objects.filter(id__gt=seen).order_by("id").values_list("id", "person_id")
        return [(notice_id, str(person_id)) for notice_id, person_id in rows[:500]]
    finally:
        connection.close()


@reading
def _unread(person_id: int) -> int:
    try:
        return Notice.objects.filter(person_id=person_id, read=False).count()
    finally:
        connection.close()


feed = Feed(_newest, _since)


def stream(person_id: int) -> AsyncIterator[bytes]:
    """The number of unread notices, now and whenever it changes."""
    told = -1

    async def news() -> list[bytes]:
        nonlocal told
        before, told = told, await _unread(person_id)
        return [] if told == before else [f"event: unread\ndata: {told}\n\n".encode()]

    return feed.stream(str(person_id), news)
