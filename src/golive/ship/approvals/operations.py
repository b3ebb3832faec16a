"""Asking for approval and deciding.  mission: SHIP-3."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from golive.kernel import audit
from golive.kernel.access.roles import Actor, Role, require
from golive.kernel.events import announce
from golive.kernel.ids import new_id
from golive.kernel.problems import Conflict, NotFound
from golive.ship.approvals.domain import Outcome, Vote, outcome
from golive.ship.approvals.events import ApprovalDecided
from golive.ship.approvals.models import Decision, Request
from golive.ship.approvals.queries import ApprovalView, view


class ApprovalExpired(Conflict):
    """The time for a decision is over."""

    slug = "approval-expired"
    title = "Too late to approve"


class OwnRelease(Conflict):
    """People do not approve what they wrote or sent themselves, nor a release with a commit of theirs."""

    slug = "own-release"
    title = "Somebody else has to approve this"
    status = 403
    exit_code = 3


class DecidedAlready(Conflict):
    """The person, or enough people, decided before."""

    slug = "decided-already"
    title = "This is decided already"


class DigestChanged(Conflict):
    """What the person looked at is not what would ship."""

    slug = "digest-changed"
    title = "This is not what you looked at"


def request(
    *,
    subject: str,
    digest: str,
    evidence: dict[str, Any],
    needed: int,
    authors: Sequence[str],
    at: datetime,
    expires_at: datetime,
) -> str:
    """Ask for approval of `digest` and return the request's id; once per subject and digest."""
    row, _ = Request.objects.get_or_create(
        subject=subject,
        digest=digest,
        defaults={
            "id": new_id("apr"),
            "evidence": evidence,
            "needed": needed,
            "authors": sorted({author.lower() for author in authors if author}),
            "created_at": at,
            "expires_at": expires_at,
        },
    )
    return row.pk


def decide(
    *, subject: str, by: Actor, approve: bool, at: datetime, digest: str = "", comment: str = ""
) -> ApprovalView:
    """Record a person's word and return the request as it stands then.

    Raises Forbidden, OwnRelease, NotFound, ApprovalExpired, DecidedAlready, DigestChanged (when `digest` is given
    and is another).
    """
    require(by, Role.APPROVER)
    comment = comment[:2000]
    with transaction.atomic():
        row = _open(subject, at)
        person = _check(row, by, approve=approve, digest=digest)
        Decision.objects.create(
            request=row,
            person=person,
            name=by.name,
            approved=approve,
            comment=comment,
            at=at,
        )
        votes = [Vote(one.person, one.approved) for one in row.decisions.all()]
        result = outcome(votes, row.needed)
        if result != Outcome.OPEN:
            row.outcome, row.closed_at = result.value, at
            row.save(update_fields=["outcome", "closed_at"])
        action = "release.approved" if approve else "release.rejected"
        audit.record(
            actor=str(by),
            action=action,
            subject=subject,
            facts={"digest": row.digest, "comment": comment, "outcome": result.value},
        )
        announce(
            ApprovalDecided(
                subject=subject,
                request=row.pk,
                person=str(by),
                approved=approve,
                comment=comment,
                outcome="" if result == Outcome.OPEN else result.value,
            ),
            at=at,
        )
        return view(row)


def _check(row: Request, by: Actor, *, approve: bool, digest: str) -> str:
    """Return by which name the person decides; raises when they may not, or not on this."""
    if digest and not row.digest.startswith(digest):
        raise DigestChanged(
            f"{row.subject} has the digest {row.digest[:12]}, not {digest[:12]}.",
            hint="Look at it again.",
        )
    person = (by.email or by.id).lower()
    if person in row.authors and approve:
        raise OwnRelease(
            f"{by} wrote a part of this release or sent it; somebody else has to approve it.",
            hint="Set `author_may_approve = true` for the environment if you work alone.",
        )
    if Decision.objects.filter(request=row, person=person).exists():
        raise DecidedAlready(
            f"{by} has decided on this already.",
            hint="`golive show` says how the release stands; others may still have to decide.",
        )
    return person


def expire(*, subject: str, at: datetime) -> bool:
    """Close what is open and too late; True when the newest request is expired now."""
    Request.objects.filter(subject=subject, outcome=Outcome.OPEN, expires_at__lte=at).update(
        outcome=Outcome.EXPIRED, closed_at=at
    )
    newest = Request.objects.filter(subject=subject).order_by("-created_at").first()
    return newest is not None and newest.outcome == Outcome.EXPIRED


def withdraw(*, subject: str, at: datetime) -> None:
    """Close what is open: nobody needs to decide any more."""
    Request.objects.filter(subject=subject, outcome=Outcome.OPEN).update(outcome=Outcome.EXPIRED, closed_at=at)


def _open(subject: str, at: datetime) -> Request:
    row = Request.objects.select_for_update().filter(subject=subject).order_by("-created_at").first()
    if row is None:
        raise NotFound(f"Nobody asked for an approval of {subject}.")
    if row.outcome == Outcome.EXPIRED or row.expires_at <= at:
        raise ApprovalExpired(
            f"The time to approve {subject} ended at {row.expires_at:%Y-%m-%d %H:%M} UTC.",
            hint="Deploy it again.",
        )
    if row.outcome != Outcome.OPEN:
        raise DecidedAlready(
            f"{subject} is {row.outcome.lower()} already.",
            hint="`golive show` says how the release stands; a change of mind is a new deploy, or `golive pull`.",
        )
    return row
