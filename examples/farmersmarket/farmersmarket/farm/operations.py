"""What the market's office does with stalls: opens them, declines and suspends them, and says so to their farmer."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction

from farmersmarket.catalog import edition
from farmersmarket.catalog.models import PickupSlot, Stall
from farmersmarket.farm.queries import open_orders
from farmersmarket.orders import domain
from farmersmarket.orders import operations as orders
from farmersmarket.outbox import operations as outbox
from farmersmarket.people.models import Person
from farmersmarket.words import plain

LONGEST = 500
log = logging.getLogger(__name__)


class StallProblem(Exception):  # noqa: N818
    """Something the office can put right; the message is for them."""


def open_stall(*, stall_id: int, by: Person, now: datetime) -> Stall:
    """Opens a stall that waits, was declined or is suspended. Raises ``Stall.DoesNotExist``."""
    with transaction.atomic():
        stall = _locked(stall_id)
        if stall.verified:
            return stall
        stall.verified, stall.refused, stall.reason = True, "", ""
        stall.save(update_fields=["verified", "refused", "reason"])
        _tell(stall, f"{stall.name} is open", "Customers can order from you now.", now)
        edition.turn()
    log.info("stall_verified", extra={"stall": stall.id, "person": by.pk})
    return stall


def close_stall(*, stall_id: int, reason: str, by: Person, now: datetime) -> Stall:
    """Suspends a stall that is open, or declines one that waits, and tells its farmer why.

    Its products are in no list and no checkout from then on; its orders stay. Raises ``Stall.DoesNotExist`` and
    ``StallProblem``.
    """
    words = plain(reason)
    if not words:
        raise StallProblem("Reason: please tell the farmer why.")
    if len(words) > LONGEST:
        raise StallProblem(f"Reason: please keep it below {LONGEST} characters.")
    with transaction.atomic():
        stall = _locked(stall_id)
        if stall.refused:
            raise StallProblem(f"{stall.name} is {stall.refused} already.")
        stall.refused = Stall.SUSPENDED if stall.verified else Stall.DECLINED
        stall.verified, stall.reason = False, words
        stall.save(update_fields=["verified", "refused", "reason"])
        # An order that is being placed holds its slot: wait for it, so that it counts among the open ones.
        list(PickupSlot.objects.filter(stall=stall, starts_at__gt=now).select_for_update())
        _tell(stall, f"{stall.name} is {stall.refused}", words, now)
        edition.turn()
    log.info("stall_closed", extra={"stall": stall.id, "how": stall.refused, "person": by.pk})
    return stall


def cancel_open_orders(*, stall: Stall, by: Person, now: datetime) -> int:
    """Cancels what a stall has still to hand over and tells the customers; returns how many orders.

    Each by itself: cut off and begun again, it goes on with the rest.
    """
    cancelled = 0
    for order_id in list(open_orders(stall).values_list("id", flat=True)):
        try:
            orders.change_status(
                order_id=order_id,
                wanted=domain.CANCELLED,
                role="admin",
                actor=str(by),
                now=now,
                because=f"{stall.name} cannot hand out orders at the moment.",
            )
            cancelled += 1
        except domain.NoSuchStep:
            continue  # it ended by itself meanwhile, or another stall has handed over its part
    return cancelled


def _locked(stall_id: int) -> Stall:
    return Stall.objects.select_for_update().get(id=stall_id)


def _tell(stall: Stall, subject: str, words: str, now: datetime) -> None:
    if stall.farmer is not None:
        body = f"{words}\n\nYour stall: {settings.PUBLIC_URL}/farm"
        outbox.tell(stall.farmer, kind="stall", subject=subject, body=body, link="/farm", now=now)
