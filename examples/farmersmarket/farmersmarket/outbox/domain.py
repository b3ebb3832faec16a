"""What people may be told, by which channel, and when. Pure."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta, tzinfo

EMAIL, SMS, IN_APP = "email", "sms", "in_app"
CHANNELS = {EMAIL: "Email", SMS: "SMS", IN_APP: "In the shop"}
KINDS = {
    "order": "News about my orders",
    "letter": "Messages about an order",
    "new_order": "New orders at my stall",
    "low_stock": "Products that run out",
}
# A message that costs money is only sent to people who asked for it.
DEFAULT = {EMAIL: True, SMS: False, IN_APP: True}
# About a day: a mail server that was away for a night loses nothing.
ATTEMPTS = 104
# Somebody waits for these, at whatever hour.
URGENT = ("new_password",)


def wants(chosen: Mapping[tuple[str, str], bool], kind: str, channel: str) -> bool:
    """Whether a person with these choices wants ``kind`` by ``channel``."""
    return chosen.get((kind, channel), DEFAULT[channel])


def after_quiet(
    now: datetime, quiet_from: int | None, quiet_until: int | None, zone: tzinfo
) -> datetime:
    """``now``, or the end of the quiet hours that it falls into; hours of the day, the end excluded."""
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return now
    local = now.astimezone(zone)
    across_midnight = quiet_from > quiet_until
    quiet = (
        local.hour >= quiet_from or local.hour < quiet_until
        if across_midnight
        else quiet_from <= local.hour < quiet_until
    )
    if not quiet:
        return now
    day = local.date() + timedelta(days=across_midnight and local.hour >= quiet_from)
    return datetime.combine(day, time(quiet_until), zone)


def pause(attempts: int) -> timedelta | None:
    """How long to wait after that many attempts; None once it is given up."""
    return None if attempts >= ATTEMPTS else timedelta(seconds=min(2**attempts, 900))
