"""Announce an event and call its subscribers."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.db import transaction

from golive.kernel import clock
from golive.kernel.log import get_logger

if TYPE_CHECKING:  # models can only be imported once Django is up; this package is imported before
    from golive.kernel.events.models import Event

logger = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """A fact in the past tense about `subject`; subclasses add fields that JSON can hold."""

    kind: ClassVar[str]
    subject: str

    @classmethod
    def from_facts(cls, subject: str, facts: dict[str, Any]) -> "Announcement":
        """Rebuild the announcement from a row of the event log."""
        return cls(subject=subject, **facts)


A = TypeVar("A", bound=Announcement)
Subscriber = Callable[[Any, datetime], None]
_subscribers: dict[str, list[Subscriber]] = defaultdict(list)
_classes: dict[str, type[Announcement]] = {}
_redeliver: list[Callable[[int, str], None]] = []


def subscribe(
    *announcements: type[A],
) -> Callable[[Callable[[A, datetime], None]], Callable[[A, datetime], None]]:
    """Register a function `(announcement, at)` that is called in the announcer's transaction.

    It must not do I/O: enqueue durable work instead.
    """

    def register(function: Callable[[A, datetime], None]) -> Callable[[A, datetime], None]:
        for announcement in announcements:
            _classes[announcement.kind] = announcement
            if function not in _subscribers[announcement.kind]:
                _subscribers[announcement.kind].append(function)
        return function

    return register


def announce(announcement: Announcement, *, at: datetime | None = None) -> "Event":
    """Append the event and call its subscribers, all in the surrounding transaction.

    Raises `django.db.transaction.TransactionManagementError` outside a transaction.
    """
    from golive.kernel.events.models import Event

    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("announce() belongs into the transaction of the fact")
    facts = asdict(announcement)
    del facts["subject"]
    event = Event.objects.create(
        kind=announcement.kind, subject=announcement.subject, facts=facts, at=at or clock.now()
    )
    for subscriber in _subscribers[announcement.kind]:
        _call(subscriber, announcement, event)
    return event


def redeliver(event_id: int, subscriber_name: str) -> None:
    """Call one subscriber again for an event whose first call failed; raises what the subscriber raises."""
    from golive.kernel.events.models import Event

    event = Event.objects.get(pk=event_id)
    announcement = _classes[event.kind].from_facts(event.subject, event.facts)
    for subscriber in _subscribers[event.kind]:
        if _name(subscriber) == subscriber_name:
            with transaction.atomic():
                subscriber(announcement, event.at)


def on_failed_delivery(function: Callable[[int, str], None]) -> None:
    """Set what happens with (event id, subscriber name) of a failed call: the runtime enqueues a retry."""
    _redeliver[:] = [function]


def _call(subscriber: Subscriber, announcement: Announcement, event: "Event") -> None:
    try:
        with transaction.atomic():
            subscriber(announcement, event.at)
    except Exception:  # a listener's fault must never undo the speaker's fact
        logger.exception("subscriber_failed", subscriber=_name(subscriber), announcement=event.kind)
        for again in _redeliver:
            again(event.pk, _name(subscriber))


def _name(subscriber: Subscriber) -> str:
    return f"{subscriber.__module__}.{subscriber.__qualname__}"
