"""Asking people, recording what providers said, and stopping when somebody has it.

Everything here runs inside the transaction of the news that caused it: incident, pages, first attempts and the jobs
that send them are committed together or not at all.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from golive.kernel import clock
from golive.kernel.access import queries as access
from golive.kernel.access.roles import Role
from golive.kernel.config import settings
from golive.kernel.durable import enqueue, wake
from golive.kernel.ids import new_id
from golive.kernel.problems import Problem
from golive.respond.channels import queries as channels
from golive.respond.channels.ports import Receipt
from golive.respond.incidents import operations as incidents
from golive.respond.incidents.queries import IncidentView
from golive.respond.oncall import queries as oncall
from golive.respond.oncall.queries import ContactView, ResponderView
from golive.respond.paging import domain
from golive.respond.paging.models import Attempt, AttemptState, Page
from golive.respond.paging.queries import AttemptView, attempt

ATTEMPT, ESCALATION = "respond.page.attempt", "respond.page.escalation"


class LinkInvalid(Problem):
    """The acknowledge link is forged, older than 24 hours, or its incident is gone."""

    slug = "link-invalid"
    title = "This link does not work"
    status = 410


def begin(incident: str, *, severity: str, at: datetime) -> None:
    """Page level 1 about an incident and set the time at which level 2 is asked; SEV4 pages nobody."""
    if severity not in domain.PAGED:
        return
    now_on_call = oncall.current()
    people = now_on_call.level1 or now_on_call.level2
    reached = ask(incident, severity, people, at, begins=True)
    if not reached:
        incidents.note(
            incident=incident,
            kind="paging.nobody",
            at=at,
            text="Nobody was paged: nobody on call has a working contact.",
        )
    # An escalation that is still open from before works out its next time anew.
    if not wake(ESCALATION, key=incident):
        enqueue(ESCALATION, key=incident, run_at=at + now_on_call.escalate_after if reached else at)


def ask(
    incident: str,
    severity: str,
    people: Iterable[ResponderView],
    at: datetime,
    *,
    begins: bool = False,
) -> int:
    """Create the pages of the next round with their first attempts; return how many people have a usable contact."""
    last = Page.objects.filter(incident=incident).aggregate(last=Max("round"))["last"]
    turn = 0 if last is None else last + 1
    reached = []
    for person in people:
        usable = [contact for contact in person.contacts if contact.usable]
        if not usable:
            continue
        page = Page.objects.create(
            id=new_id("page"),
            incident=incident,
            email=person.email,
            name=person.name,
            level=person.level,
            round=turn,
            begins=begins,
            created_at=at,
        )
        reached.append(person.name)
        for contact in domain.first_choices(usable, severity):
            _queue(page, contact, at=at)
    if reached:
        incidents.note(incident=incident, kind="paging.asked", at=at, text=f"Paging {', '.join(reached)}")
    return len(reached)


def record_accepted(attempt_id: str, receipt: Receipt, *, at: datetime) -> None:
    """Mark the message as taken by the provider."""
    row = Attempt.objects.select_for_update(of=("self",)).select_related("page").get(pk=attempt_id)
    if row.accepted_at is not None:
        return
    row.state, row.accepted_at, row.provider_id, row.error = (
        AttemptState.ACCEPTED,
        at,
        receipt.provider_id[:200],
        "",
    )
    row.tries += 1
    row.delivered_at = at if receipt.delivered else None
    row.save()
    if row.act == "trigger":
        seconds = (at - row.created_at).total_seconds()
        incidents.note(
            incident=row.page.incident,
            kind="paging.accepted",
            at=at,
            text=f"{row.channel_name} took the page to {row.page.name} after {seconds:.1f} s",
        )


def record_failed(attempt_id: str, detail: str, *, final: bool, at: datetime) -> int:
    """Note a failure, turn to the person's next channel at once, and return how often this message has failed.

    `final`, or too many failures: the attempt is given up; rounds to come begin with the same channel again.
    """
    row = Attempt.objects.select_for_update(of=("self",)).select_related("page").get(pk=attempt_id)
    row.tries += 1
    row.error = detail[:500]
    if final or row.tries >= domain.PATIENCE.tries:
        row.state = AttemptState.FAILED
    row.save()
    if row.act == "trigger" and row.tries == 1:
        following = _next_contact(row.page)
        said = f"; trying {following.channel_name}" if following else ""
        incidents.note(
            incident=row.page.incident,
            kind="paging.failed",
            at=at,
            text=f"{row.channel_name} did not take the page to {row.page.name}: {row.error}{said}",
        )
        if following:
            _queue(row.page, following, at=at)
    return row.tries


def cancel(attempt_id: str) -> None:
    """Give up a message that nobody needs any more."""
    Attempt.objects.filter(pk=attempt_id, state=AttemptState.QUEUED).update(state=AttemptState.CANCELLED)


def stop(incident: str, *, seen_by: str, at: datetime) -> None:
    """Somebody has it: nothing more is asked. What the person of that mail address was sent counts as seen.

    A link says which message it was; on the page, over the API and in a terminal it may have been any of them.
    """
    asked = Page.objects.filter(incident=incident, email__iexact=seen_by)
    asked.filter(acked_at=None).update(acked_at=at)
    sent = Attempt.objects.filter(page__in=asked, act="trigger", state=AttemptState.ACCEPTED)
    if not sent.filter(acked_at__isnull=False).exists():
        sent.update(acked_at=at)
    queued = Attempt.objects.filter(page__incident=incident, act="trigger", state=AttemptState.QUEUED)
    queued.update(state=AttemptState.CANCELLED)
    wake(ESCALATION, key=incident)


def tell(incident: str, *, act: str, sentence: str, at: datetime, except_for: str = "") -> None:
    """Tell everyone who got a page what became of it, once per address.

    Channels that keep a state of their own hear `acknowledge` and `resolve`, whoever acted, and no notices; also when
    nobody knows whether the page went: its sender may have been killed before it could say so.
    """
    mirrors = {one.id for one in channels.channels() if one.mirrors_state}
    told: set[tuple[str, str]] = set()
    for row in Attempt.objects.filter(page__incident=incident, act="trigger").select_related("page"):
        mirrored = row.channel in mirrors
        if (row.channel, row.address) in told or (mirrored and act == "notice"):
            continue
        if not mirrored and (row.state != AttemptState.ACCEPTED or row.page.email == except_for):
            continue
        told.add((row.channel, row.address))
        said = Attempt.objects.create(
            id=new_id("att"),
            page=row.page,
            act=act,
            sentence=sentence,
            channel=row.channel,
            channel_name=row.channel_name,
            address=row.address,
            created_at=at,
        )
        enqueue(ATTEMPT, key=said.pk)


def ack_link(attempt_id: str, *, at: datetime) -> str:
    """Return the address at which this message is acknowledged, good for 24 hours."""
    link = domain.Link(attempt_id, int((at + domain.LINK_LIFE).timestamp()))
    return f"{settings().url}/ack/{domain.sign(link, settings().secret())}"


def read_link(token: str) -> AttemptView:
    """Return the message that a link belongs to. Raises LinkInvalid."""
    link = domain.read(token, settings().secret(), now=clock.now())
    view = attempt(link.attempt) if link else None
    if view is None:
        raise LinkInvalid(
            "This link is not valid, or older than 24 hours.",
            hint="Log in and acknowledge on the incident's page.",
        )
    return view


def acknowledge_by_link(token: str) -> AttemptView:
    """Acknowledge as the person who got the message. Idempotent; raises LinkInvalid, Conflict (resolved already)."""
    view = read_link(token)
    person = access.person(view.email)
    if not person.is_active or person.role < Role.OPERATOR:
        raise LinkInvalid(f"{view.person} may not act on incidents any more.", hint="Ask an admin.")
    now = clock.now()
    with transaction.atomic():
        Attempt.objects.filter(pk=view.id, acked_at=None).update(acked_at=now)
        # Whoever pressed the button has it.
        Attempt.objects.filter(pk=view.id, delivered_at=None).update(delivered_at=now)
        incidents.acknowledge(by=person.actor, incident=view.incident, via=f"link in {view.channel_name}")
    return view


def repair(incident: IncidentView) -> None:
    """Begin again for an unacknowledged incident that has no escalation ahead of it."""
    with transaction.atomic():
        before = Page.objects.filter(incident=incident.id).count()
        begin(incident.id, severity=incident.severity, at=clock.now())
        incidents.note(
            incident=incident.id,
            kind="paging.repaired",
            text=f"Paging had stopped after {before} pages and was begun again.",
        )


def requeue(attempt_id: str) -> None:
    """Put the job of a queued message in again; nothing happens while it is open."""
    enqueue(ATTEMPT, key=attempt_id)


def _queue(page: Page, contact: ContactView, *, at: datetime) -> None:
    row = Attempt.objects.create(
        id=new_id("att"),
        page=page,
        channel=contact.channel,
        channel_name=contact.channel_name,
        address=contact.address,
        created_at=at,
    )
    enqueue(ATTEMPT, key=row.pk)


def _next_contact(page: Page) -> ContactView | None:
    tried = set(page.attempts.filter(act="trigger").values_list("channel", "address"))
    return next(
        (one for one in oncall.contacts(page.email) if one.usable and (one.channel, one.address) not in tried),
        None,
    )
