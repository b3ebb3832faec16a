"""Reading who is on call."""

from dataclasses import dataclass
from datetime import timedelta

from golive.kernel.access import queries as access
from golive.respond.channels import queries as channels
from golive.respond.oncall.models import Contact, Policy, Responder


@dataclass(frozen=True)
class ContactView:
    """One way to reach a person. `usable`: the channel exists and is on."""

    channel: str
    channel_name: str
    kind: str
    address: str
    usable: bool


@dataclass(frozen=True)
class ResponderView:
    """A person on call, with their contacts in the order in which they are tried."""

    email: str
    name: str
    level: int
    contacts: tuple[ContactView, ...]

    @property
    def reachable(self) -> bool:
        return any(contact.usable for contact in self.contacts)


@dataclass(frozen=True)
class OnCall:
    """The list as it is now."""

    level1: tuple[ResponderView, ...]
    level2: tuple[ResponderView, ...]
    escalate_after: timedelta
    resend_after: timedelta

    def level(self, number: int) -> tuple[ResponderView, ...]:
        """Return the people of level 1 or 2."""
        return self.level1 if number == 1 else self.level2


def current() -> OnCall:
    """Return who is on call; people who may no longer log in are left out."""
    names = {person.email: person.name for person in access.people() if person.active}
    ways = everyones_contacts()
    people = [
        ResponderView(row.email, names[row.email], row.level, ways.get(row.email, ()))
        for row in Responder.objects.all()
        if row.email in names
    ]
    policy = Policy.objects.filter(pk=1).first()
    return OnCall(
        tuple(one for one in people if one.level == 1),
        tuple(one for one in people if one.level == 2),
        timedelta(seconds=policy.escalate_after_s if policy else 300),
        timedelta(seconds=policy.resend_after_s if policy else 300),
    )


def names(level: int) -> list[str]:
    """Return the names of the people on call at a level, 1 or 2; cheaper than `current`."""
    called = list(Responder.objects.filter(level=level).values_list("email", flat=True))
    known = {person.email: person.name or person.email for person in access.people() if person.active} if called else {}
    return [known[email] for email in called if email in known]


def everyones_contacts() -> dict[str, tuple[ContactView, ...]]:
    """Return the contacts of each person who has any, by mail address, in the order in which they are tried."""
    views = {view.id: view for view in channels.channels()}
    found: dict[str, tuple[ContactView, ...]] = {}
    for row in Contact.objects.all():
        found[row.email] = (*found.get(row.email, ()), _contact(row, views.get(row.channel)))
    return found


def contacts(email: str) -> tuple[ContactView, ...]:
    """Return a person's contacts in the order in which they are tried."""
    views = {view.id: view for view in channels.channels()}
    return tuple(_contact(row, views.get(row.channel)) for row in Contact.objects.filter(email=email.lower()))


def _contact(row: Contact, channel: channels.ChannelView | None) -> ContactView:
    return ContactView(
        row.channel,
        channel.name if channel else "(removed)",
        channel.kind if channel else "",
        row.address,
        bool(channel and channel.is_on),
    )
