"""One arrow of the state machine: row, record, announcement, all in the caller's transaction."""

from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from golive.kernel.events import announce
from golive.kernel.problems import Conflict
from golive.ship.releases import events
from golive.ship.releases.domain.record import GENESIS, digest
from golive.ship.releases.domain.states import CLOSED, MEANING, State, check_arrow
from golive.ship.releases.models import Record, Release

NEWS: Final[dict[State, type[events.ReleaseNews]]] = {
    State.QUEUED: events.ReleaseQueued,
    State.BUILT: events.ReleaseBuilt,
    State.GATED: events.ReleaseGated,
    State.STAGED: events.ReleaseStaged,
    State.VERIFIED: events.ReleaseVerified,
    State.AWAITING_APPROVAL: events.ApprovalNeeded,
    State.APPROVED: events.ReleaseApproved,
    State.BACKED_UP: events.ReleaseBackedUp,
    State.MIGRATED: events.ReleaseMigrated,
    State.BOOTED: events.ReleaseBooted,
    State.WARM: events.ReleaseWarm,
    State.STEP: events.ReleaseServing,
    State.FULL: events.ReleaseFull,
    State.WATCH_10M: events.ReleaseWatched,
    State.WATCH_1H: events.ReleaseWatched,
    State.WATCH_24H: events.ReleaseWatched,
    State.SETTLED: events.ReleaseSettled,
    State.PULLED: events.ReleasePulled,
    State.CONFIRMING: events.ReleaseConfirming,
    State.HELD: events.ReleaseHeld,
    State.RESUMED: events.ReleaseResumed,
    State.ASKED: events.ReleaseAsked,
    State.ROLLED_BACK: events.ReleaseRolledBack,
    State.REJECTED: events.ReleaseRejected,
    State.EXPIRED: events.ReleaseExpired,
    State.SUPERSEDED: events.ReleaseSuperseded,
    State.CANCELLED: events.ReleaseCancelled,
    State.FAILED_BEFORE_TRAFFIC: events.ReleaseFailed,
}


class ReleaseMoved(Conflict):
    """The release is no longer in the state that was seen."""

    slug = "release-moved"
    title = "The release has moved on"


def move(
    release: Release,
    target: State,
    *,
    at: datetime,
    reason: str,
    sentence: str = "",
    facts: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Move `release` along one arrow and refresh it. Raises UnlawfulArrow, ReleaseMoved.

    What a person has asked for since it was read comes first: then it does not move.
    """
    source = State(release.state)
    check_arrow(source, target, served=release.serving_at is not None)
    sentence = sentence or MEANING[target]
    facts = facts or {}
    row: dict[str, Any] = {
        "state": target,
        "entered_at": at,
        "reason": reason,
        "sentence": sentence,
        "waits_for": "",
        "until": None,
        "question": "",
        "asked_in": "",
        "facts": release.facts | facts,
        "closed_at": at if target in CLOSED else None,
    }
    won = as_asked(release).filter(state=source, step=release.step).update(**(row | changes))
    if not won:
        raise ReleaseMoved(f"{release.version} is no longer {source}, or somebody asked for something.")
    release.refresh_from_db()
    entry = append(release, target, at=at, facts={"from": source, "reason": reason, "sentence": sentence, **facts})
    _announce(release, NEWS[target], entry, reason, sentence, facts)


def as_asked(release: Release) -> QuerySet[Release]:
    """The row of `release` while nobody has asked for anything since it was read."""
    row = Release.objects.filter(pk=release.pk)
    return row.filter(wish__isnull=True) if release.wish is None else row.filter(wish=release.wish)


def tell(
    release: Release,
    news: type[events.ReleaseNews],
    *,
    at: datetime,
    reason: str,
    sentence: str,
    facts: dict[str, Any] | None = None,
) -> None:
    """Announce and record something that is no arrow."""
    entry = append(release, news.kind, at=at, facts={"reason": reason, "sentence": sentence, **(facts or {})})
    _announce(release, news, entry, reason, sentence, facts or {})


def append(release: Release, kind: str, *, at: datetime, facts: dict[str, Any]) -> Record:
    """Append an entry to the release's record; one writer at a time, whoever it is."""
    Release.objects.select_for_update().filter(pk=release.pk).values_list("pk", flat=True).first()
    head = Record.objects.filter(release_id=release.pk).order_by("-seq").first()
    seq, previous = (head.seq + 1, head.hash) if head else (1, GENESIS)
    record = Record(
        release_id=release.pk,
        seq=seq,
        at=at,
        kind=str(kind),
        facts=facts,
        previous=previous,
        hash=digest(release.pk, seq, at, str(kind), facts, previous),
    )
    record.save()
    return record


def _announce(
    release: Release, news: type[events.ReleaseNews], entry: Record, reason: str, sentence: str, facts: dict[str, Any]
) -> None:
    announce(
        news(
            subject=release.pk,
            release=release.pk,
            version=release.version,
            service=release.service,
            environment=release.environment,
            reason=reason,
            sentence=sentence,
            facts=facts,
            head=entry.hash,
        ),
        at=entry.at,
    )
