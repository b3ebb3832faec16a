"""The events of an order as they happen."""

import json
from collections.abc import AsyncIterator

from django.db import connection
from django.db.models import Max

from farmersmarket.orders.models import OrderEvent
from farmersmarket.streams import Feed, reading


@reading
def _newest() -> int:
    try:
        return OrderEvent.objects.aggregate(newest=Max("id"))["newest"] or 0
    finally:
        connection.close()


@reading
def _since(seen: int) -> list[tuple[int, str]]:
    try:
        rows = OrderEvent.objects.filter(id__gt=seen).order_by("id")
        return list(rows.values_list("id", "order_id")[:500])
    finally:
        connection.close()


@reading
def _history(order_id: str, after: int) -> list[dict[str, object]]:
    try:
        rows = OrderEvent.objects.filter(order_id=order_id, id__gt=after)
        return [{"id": row.id, "status": row.status, "at": row.at.isoformat()} for row in rows]
    finally:
        connection.close()


feed = Feed(_newest, _since)


def stream(order_id: str, after: int) -> AsyncIterator[bytes]:
    """The order's events with ids above ``after``, then each new one within about a quarter of a second."""
    told = after

    async def news() -> list[bytes]:
        nonlocal told
        rows = await _history(order_id, told)
        told = max((int(str(row["id"])) for row in rows), default=told)
        return [
            f"id: {row['id']}\nevent: status\ndata: {json.dumps(row)}\n\n".encode() for row in rows
        ]

    return feed.stream(order_id, news)
