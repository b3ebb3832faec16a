"""Changing who is on call and how they are reached."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from golive.kernel import audit, clock
from golive.kernel.access import queries as access
from golive.kernel.access.roles import Actor
from golive.kernel.events import announce
from golive.kernel.problems import Invalid
from golive.respond.channels import queries as channels
from golive.respond.oncall.events import OnCallChanged
from golive.respond.oncall.models import Contact, Policy, Responder

SHORTEST, LONGEST = timedelta(seconds=10), timedelta(hours=4)


def set_list(
    *,
    by: Actor,
    level1: Sequence[str],
    level2: Sequence[str] = (),
    escalate_after: timedelta | None = None,
    resend_after: timedelta | None = None,
) -> None:
    """Say who is on call (mail addresses); a time that is None stays. Raises Invalid, NotFound (person)."""
    people = [(email.strip().lower(), level) for level, emails in ((1, level1), (2, level2)) for email in emails]
    addresses = [email for email, _level in people]
    if len(set(addresses)) != len(addresses):
        raise Invalid("A person stands on the list once.")
    for email in addresses:
        access.person(email)
    times = {"escalate_after_s": escalate_after, "resend_after_s": resend_after}
    for time in times.values():
        if time is not None and not SHORTEST <= time <= LONGEST:
            raise Invalid("Times are between 10 seconds and 4 hours.")
    with transaction.atomic():
        Responder.objects.all().delete()
        Responder.objects.bulk_create(
            Responder(email=email, level=level, position=position) for position, (email, level) in enumerate(people)
        )
        given = {name: int(time.total_seconds()) for name, time in times.items() if time is not None}
        Policy.objects.update_or_create(pk=1, defaults={**given, "changed_at": clock.now()})
        audit.record(
            actor=str(by),
            action="oncall.changed",
            subject="on-call",
            facts={"level1": list(level1), "level2": list(level2), **given},
        )
        announce(OnCallChanged(subject="on-call", by=str(by)))


def set_contacts(*, by: Actor, email: str, contacts: Sequence[tuple[str, str]]) -> None:
    """Set a person's contacts as (channel id or name, address), in the order in which they are tried.

    Raises NotFound (person, channel), Invalid (an address is missing).
    """
    person = access.person(email)
    rows = []
    for position, (name, address) in enumerate(contacts):
        channel = channels.get(name)
        if channel.addressed and not address.strip():
            raise Invalid(f"{channel.name} needs the address of {person.name}.")
        rows.append(Contact(email=person.email, channel=channel.id, address=address.strip(), position=position))
    with transaction.atomic():
        Contact.objects.filter(email=person.email).delete()
        Contact.objects.bulk_create(rows)
        audit.record(
            actor=str(by),
            action="oncall.contacts-changed",
            subject=person.email,
            facts={"contacts": len(rows)},
        )
        announce(OnCallChanged(subject="on-call", by=str(by)))
