"""The events of an order as they happen."""

import json
from collections.abc import AsyncIterator

from farmersmarket.orders.models import OrderEvent
from farmersmarket.streams import Feed, reading, rows_of

feed = Feed(*rows_of(OrderEvent, "order_id"))


@reading
def _history(order_id: str, after: int) -> list[dict[str, object]]:
    rows = OrderEvent.objects.filter(order_id=order_id, id__gt=after)
    return [
        {
            "id": row.id,
            "status": row.status,
            "at": row.at.isoformat(),
            "stall": row.stall_id,
            "part": row.part,
        }
        for row in rows
    ]


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
