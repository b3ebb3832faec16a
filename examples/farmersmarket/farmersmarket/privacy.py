"""What the market knows about somebody: handed out, taken back, and not kept longer than it is needed.

Articles 5 (1) e, 15, 17 and 20 of the General Data Protection Regulation. Amounts, products and days of orders stay, as
tax law asks for; they are then nobody's any more.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q

from farmersmarket.answers.models import KeptAnswer
from farmersmarket.letters.models import Letter
from farmersmarket.orders import domain
from farmersmarket.orders.models import Order, ProviderEvent
from farmersmarket.outbox.models import Message, Notice
from farmersmarket.people.models import Person

BATCH = 500
ANSWERS = timedelta(days=7)
MESSAGES = timedelta(days=30)
# Beyond what Stripe sends again (three days), and what it may be asked about.
EVENTS = NOTICES = GIVEN_UP = timedelta(days=90)
log = logging.getLogger(__name__)


class MustStayError(Exception):
    """Why an account cannot be deleted now; the message is for its owner."""


def export(person: Person) -> dict[str, Any]:
    """All that is kept about a person, for a machine to read."""
    orders = person.orders.order_by("created_at").prefetch_related(
        "lines", "events__stall", "letters"
    )
    return {
        "person": _facts(person, "email", "name", "phone", "role", "quiet_from", "quiet_until")
        | {"since": person.date_joined, "last_login": person.last_login},
        "orders": [
            _facts(order, "id", "number", "status", "name", "email", "note")
            | _facts(order, "pickup_at", "created_at", "total_cents")
            | {
                "lines": [
                    _facts(row, "name", "quantity", "price_cents") for row in order.lines.all()
                ],
                "events": [
                    _facts(row, "status", "at", "part") | {"stall": row.stall and row.stall.name}
                    for row in order.events.all()
                ],
                "messages": [_facts(row, "author", "text", "at") for row in order.letters.all()],
            }
            for order in orders
        ],
        "reviews": list(person.reviews.values("product__slug", "stars", "text", "at")),
        "news": list(person.notices.values("text", "created_at", "read")),
        "mails": list(
            _messages(person).values("channel", "kind", "subject", "created_at", "state")
        ),
        "choices": list(person.choices.values("kind", "channel", "wanted")),
        "tokens": list(person.tokens.values("name", "created_at")),
        "stalls": list(person.stalls.values("slug", "name", "town", "story")),
    }


def leave(person: Person) -> None:
    """Deletes a customer's account with all that is kept about them. Raises ``MustStayError``."""
    if person.role != Person.Role.CUSTOMER:
        raise MustStayError(
            "A stall or the office hangs on this account. Please write to the office."
        )
    try:
        with transaction.atomic():
            if person.orders.exclude(status__in=domain.ENDED).exists():
                raise MustStayError("Please collect or cancel your open orders first.")
            _forget(person.orders.all())
            _messages(person).delete()
            KeptAnswer.objects.filter(person_id=person.pk).delete()
            number, _ = person.pk, person.delete()
    except models.ProtectedError as error:  # an order that was placed meanwhile
        raise MustStayError("Please collect or cancel your open orders first.") from error
    log.info("account_deleted", extra={"person": number})


def forget_old(now: datetime) -> int:
    """Deletes what is older than anybody needs, some of each kind; 0 once there is nothing left."""
    sent, dead = Q(state=Message.State.SENT), Q(state=Message.State.DEAD)
    done = sum(
        _deleted(rows)
        for rows in (
            Message.objects.filter(
                sent & Q(sent_at__lt=now - MESSAGES) | dead & Q(created_at__lt=now - GIVEN_UP)
            ),
            Notice.objects.filter(created_at__lt=now - NOTICES),
            KeptAnswer.objects.filter(created_at__lt=now - ANSWERS),
            ProviderEvent.objects.filter(at__lt=now - EVENTS),
            Session.objects.filter(expire_date__lt=now),
        )
    )
    # Whoever has an account sees their orders as long as they have it.
    guests = Order.objects.filter(customer=None, status__in=domain.ENDED).exclude(name="", email="")
    old = guests.filter(pickup_at__lt=now - timedelta(days=settings.KEEP_CUSTOMERS_DAYS))
    with transaction.atomic():
        return done + _forget(
            Order.objects.filter(id__in=list(old.values_list("id", flat=True)[:BATCH]))
        )


def _forget(orders: models.QuerySet[Order]) -> int:
    ids = list(orders.values_list("id", flat=True))
    Letter.objects.filter(order__in=ids).delete()
    return Order.objects.filter(id__in=ids).update(customer=None, name="", email="", note="")


def _deleted(rows: models.QuerySet[Any]) -> int:
    some = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
    rows.model._default_manager.filter(pk__in=some).delete()
    return len(some)


def _messages(person: Person) -> models.QuerySet[Message]:
    return Message.objects.filter(recipient__in=[person.email, *filter(None, [person.phone])])


def _facts(row: models.Model, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
