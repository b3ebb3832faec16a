"""Reading the outbox of notices, and how people are reached."""

from collections.abc import Iterable

from golive.kernel.access import queries as access
from golive.kernel.access.roles import Role
from golive.kernel.config import settings
from golive.respond.channels import queries as channels
from golive.respond.channels.ports import Message
from golive.respond.incidents import queries as incidents
from golive.respond.notices.domain import NO_MAILBOX, PREFIX, Cast, Reached, Way
from golive.respond.notices.models import Notice, NoticeState
from golive.respond.oncall import queries as oncall
from golive.ship.approvals import queries as approvals
from golive.ship.board.ports import Told
from golive.ship.releases.queries import ReleaseView
from golive.ship.services import queries as services

MAY_APPROVE = {role.word for role in Role if role >= Role.APPROVER}


def cast(release: ReleaseView) -> Cast:
    """Return the people around a release. Author and sender count when they may log in; a commit may name anybody."""
    people = {person.email: person for person in access.people() if person.active}
    asked = approvals.latest(release.id)
    authors = asked.authors if asked else ()
    return Cast(
        author=release.author if release.author.lower() in people else "",
        sender=release.requested_by if release.requested_by.lower() in people else "",
        approvers=[one.email for one in people.values() if one.role in MAY_APPROVE and one.email not in authors],
        stakeholders=services.service(release.service).manifest.notify.people,
    )


def reach(addresses: Iterable[str]) -> list[Reached]:
    """Return how each person is reached: by their first contact that works, else by mail. Who was shut out is left out.

    Channels that keep a state of their own are for alarms: a notice there would call somebody.
    """
    people = {person.email: person for person in access.people()}
    quiet = {one.id for one in channels.channels() if one.mirrors_state}
    mail = channels.mail()
    found = []
    for address in addresses:
        person = people.get(address)
        if person and not person.active:
            continue
        contact = next((c for c in oncall.contacts(address) if c.usable and c.channel not in quiet), None)
        way = None
        if contact:
            way = Way(contact.channel, contact.channel_name, contact.address)
        elif mail and not address.endswith(NO_MAILBOX):
            way = Way(mail.id, mail.name, address)
        found.append(Reached(address, person.name if person else address, way))
    return found


def queued(notice: str) -> tuple[str, Message] | None:
    """Return the channel and the message of a notice that is still to be sent."""
    row = Notice.objects.filter(pk=notice, state=NoticeState.QUEUED).first()
    if row is None:
        return None
    return row.channel, Message(
        key=row.pk,
        act="notice",
        dedup_key=row.release,
        subject=row.subject,
        text=row.text,
        severity="info",
        link=f"{settings().url}/releases/{row.release}",
        to=row.address,
        facts={"release": row.release, "occasion": row.occasion, "head": row.head},
    )


class Outbox:
    """What the page of a release asks about notices."""

    def incident(self, release: str) -> str:
        """Return the id of the newest incident about a release, "" when there is none."""
        found = incidents.of_release(release)
        return found[0].id if found else ""

    def told(self, release: str) -> list[Told]:
        """Return the notices about a release, oldest first."""
        return [
            Told(
                row.name,
                row.subject.removeprefix(PREFIX),
                row.channel_name,
                row.created_at,
                row.accepted_at,
                row.error if row.state != NoticeState.ACCEPTED else "",
                row.state == NoticeState.FAILED,
            )
            for row in Notice.objects.filter(release=release)
        ]
