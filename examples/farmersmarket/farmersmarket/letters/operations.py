"""Writes of letters: kept and told to the other side in one transaction."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction

from farmersmarket.answers import limits
from farmersmarket.catalog.models import Stall
from farmersmarket.letters.models import CUSTOMER, FARMER, LONGEST, Letter
from farmersmarket.orders.marks import mark
from farmersmarket.orders.models import Order
from farmersmarket.outbox import operations as outbox
from farmersmarket.words import plain

MOST = 10
PERIOD = 3600
log = logging.getLogger(__name__)


class LetterProblem(Exception):  # noqa: N818
    """Something the writer can put right; the message is for them."""


def write(*, order: Order, stall: Stall, author: str, text: str, now: datetime) -> Letter:
    """Keeps a letter and tells its reader. A farmer's letter settles what the customer had asked.

    Raises ``LetterProblem`` for nothing or too much to say, a stall that has no part in the order, and beyond ten
    letters of one side about one order within an hour.
    """
    words = plain(text)
    if not words:
        raise LetterProblem("Please write something first.")
    if len(words) > LONGEST:
        raise LetterProblem(f"Please keep it below {LONGEST} characters.")
    if not order.lines.filter(product__stall=stall).exists():
        raise LetterProblem("This stall has no part in the order.")
    if not limits.count(f"letter-{author}", order.id, most=MOST, seconds=PERIOD):
        raise LetterProblem("That is a lot of messages. Please wait an hour, or call the stall.")
    with transaction.atomic():
        letter = Letter.objects.create(order=order, stall=stall, author=author, text=words, at=now)
        if author == FARMER:
            settle(order=order, stall=stall)
            _tell_customer(letter, now)
        else:
            _tell_farmer(letter, now)
    log.info("letter_written", extra={"order": mark(order.id), "stall": stall.id, "author": author})
    return letter


def settle(*, order: Order, stall: Stall) -> None:
    """Takes a conversation off the list of those that wait for the farmer."""
    Letter.objects.filter(order=order, stall=stall, author=CUSTOMER).update(settled=True)


def _tell_farmer(letter: Letter, now: datetime) -> None:
    farmer = letter.stall.farmer
    if farmer is not None:
        outbox.tell(
            farmer,
            kind="letter",
            subject=f"A message about {letter.order.number}",
            body=f"{letter.text}\n\nAnswer it here: {settings.PUBLIC_URL}/farm#letters",
            link="/farm#letters",
            now=now,
        )


def _tell_customer(letter: Letter, now: datetime) -> None:
    order, link = letter.order, f"/orders/{letter.order_id}/track#letters"
    subject = f"{letter.stall.name} wrote about {order.number}"
    body = f"{letter.text}\n\nRead and answer it here: {settings.PUBLIC_URL}{link}"
    if order.customer is None:
        outbox.owe(kind="letter", to=order.email, subject=subject, body=body, now=now)
    else:
        outbox.tell(order.customer, kind="letter", subject=subject, body=body, link=link, now=now)
