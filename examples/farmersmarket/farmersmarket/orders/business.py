"""What the market's business is measured by: orders that came to a good end, and tracking that tells the truth."""

import logging
from datetime import datetime

import golive_app

from farmersmarket.orders import domain
from farmersmarket.orders.marks import mark
from farmersmarket.orders.models import Order, OrderEvent

log = logging.getLogger(__name__)
_ended = golive_app.counter("order_completions_total", description="Orders that ended, by how")
_late = golive_app.histogram(
    "order_pickup_delay_minutes", unit="min", description="Handed over after the promised time"
)
_views = golive_app.counter(
    "order_tracking_views_total", description="Statuses shown to customers, by whether they held"
)
_lag = golive_app.histogram(
    "order_tracking_lag_milliseconds", unit="ms", description="From a change to its being seen"
)


def moved(order: Order, *, now: datetime) -> None:
    """Counts an order that has come to an end."""
    if order.status not in domain.ENDED:
        return
    _ended.record(1, outcome=order.status)
    if order.status == domain.COLLECTED:
        delay = max(0.0, (now - order.pickup_at).total_seconds() / 60)
        _late.record(delay)
        facts = {"order": mark(order.id), "cents": order.total_cents, "delay_minutes": round(delay)}
        log.info("order_completed", extra=facts)


def seen(order: Order, *, status: str, live: bool, now: datetime) -> bool:
    """Counts a status that a customer was shown; says whether it was the order's status then.

    ``live`` is a change that came over the stream: from it to now is how long the customer waited for the news.
    """
    held = status == order.status
    _views.record(1, accuracy="current" if held else "stale", live=int(live))
    # The first: steps of single stalls come after it with the same status.
    event = OrderEvent.objects.filter(order=order, status=status).order_by("id").first()
    facts: dict[str, object] = {
        "order": mark(order.id),
        "status": status,
        "held": held,
        "live": live,
    }
    if live and event is not None:
        lag = max(0.0, (now - event.at).total_seconds() * 1000)
        _lag.record(lag)
        facts["lag_ms"] = round(lag)
    log.info("order_status_seen", extra=facts)
    return held
