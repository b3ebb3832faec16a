"""What is announced about a release: one event per state it enters, in the transaction of the arrow.

`subject` is the release id; `reason` is a slug for machines, `sentence` says it in plain words, `facts` hold the
figures of that state (JSON), as the record keeps them, `head` is the hash of the record's entry about it.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from golive.kernel.events import Announcement


@dataclass(frozen=True, kw_only=True)
class ReleaseNews(Announcement):
    """Something happened to a release."""

    kind: ClassVar[str] = "release.news"
    release: str
    version: str
    service: str
    environment: str
    reason: str
    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)
    head: str = ""


@dataclass(frozen=True, kw_only=True)
class ReleaseQueued(ReleaseNews):
    """Somebody asked for it; facts: author, revision, by."""

    kind: ClassVar[str] = "release.queued"


@dataclass(frozen=True, kw_only=True)
class ReleaseBuilt(ReleaseNews):
    """The artifact exists; facts: digest, seconds, reused."""

    kind: ClassVar[str] = "release.built"


@dataclass(frozen=True, kw_only=True)
class ReleaseGated(ReleaseNews):
    """Every gate passed on that artifact; facts: gates."""

    kind: ClassVar[str] = "release.gated"


@dataclass(frozen=True, kw_only=True)
class ReleaseStaged(ReleaseNews):
    """It runs in staging."""

    kind: ClassVar[str] = "release.staged"


@dataclass(frozen=True, kw_only=True)
class ReleaseVerified(ReleaseNews):
    """Staging answered as the manifest demands."""

    kind: ClassVar[str] = "release.verified"


@dataclass(frozen=True, kw_only=True)
class ApprovalNeeded(ReleaseNews):
    """People have to approve; facts: needed, expires_at, digest, author."""

    kind: ClassVar[str] = "release.approval-needed"


@dataclass(frozen=True, kw_only=True)
class ReleaseApproved(ReleaseNews):
    """Enough people approved this digest, or none are needed."""

    kind: ClassVar[str] = "release.approved"


@dataclass(frozen=True, kw_only=True)
class ReleaseBackedUp(ReleaseNews):
    """Production's data is backed up and the backup was test-restored; facts: backup."""

    kind: ClassVar[str] = "release.backed-up"


@dataclass(frozen=True, kw_only=True)
class ReleaseMigrated(ReleaseNews):
    """Production's database has the schema of this release."""

    kind: ClassVar[str] = "release.migrated"


@dataclass(frozen=True, kw_only=True)
class ReleaseBooted(ReleaseNews):
    """Its production replicas are ready; no user sees them yet."""

    kind: ClassVar[str] = "release.booted"


@dataclass(frozen=True, kw_only=True)
class ReleaseWarm(ReleaseNews):
    """Its answers have stopped getting faster."""

    kind: ClassVar[str] = "release.warm"


@dataclass(frozen=True, kw_only=True)
class ReleaseServing(ReleaseNews):
    """A share of the users is on it; facts: share (0..1), step, steps."""

    kind: ClassVar[str] = "release.serving"


@dataclass(frozen=True, kw_only=True)
class ReleaseFull(ReleaseNews):
    """All users are on it, but for a hold-back; facts: share, hold_back, lead_time_s (commit to full)."""

    kind: ClassVar[str] = "release.full"


@dataclass(frozen=True, kw_only=True)
class ReleaseWatched(ReleaseNews):
    """A stage of the watch began; facts: state, until."""

    kind: ClassVar[str] = "release.watched"


@dataclass(frozen=True, kw_only=True)
class ReleaseSettled(ReleaseNews):
    """The watch is over, nothing was found."""

    kind: ClassVar[str] = "release.settled"


@dataclass(frozen=True, kw_only=True)
class ReleasePulled(ReleaseNews):
    """Users are back on the replaced release; nobody is blamed yet.

    facts: first_bad_at, pulled_at, seconds_to_pull, failed_units, requests (ids of failing examples), replaced.
    """

    kind: ClassVar[str] = "release.pulled"


@dataclass(frozen=True, kw_only=True)
class ReleaseConfirming(ReleaseNews):
    """The blame is being decided while users are safe."""

    kind: ClassVar[str] = "release.confirming"


@dataclass(frozen=True, kw_only=True)
class ReleaseHeld(ReleaseNews):
    """The replaced release is in the same trouble: no release is blamed. facts: began_with_release."""

    kind: ClassVar[str] = "release.held"


@dataclass(frozen=True, kw_only=True)
class ReleaseResumed(ReleaseNews):
    """It gets users again, at a small share, in fresh processes."""

    kind: ClassVar[str] = "release.resumed"


@dataclass(frozen=True, kw_only=True)
class ReleaseAsked(ReleaseNews):
    """A person has to decide; facts: question, answers (the verbs that are possible).

    `serving`: it goes on serving, for golive has nothing to go back to; `failing`: its requests fail; `faults` are the
    judge's hard rules that hold.
    """

    kind: ClassVar[str] = "release.asked"


@dataclass(frozen=True, kw_only=True)
class ReleaseGoesOn(ReleaseNews):
    """What golive itself had failed at again and again, and had asked a person about, works again."""

    kind: ClassVar[str] = "release.goes-on"


@dataclass(frozen=True, kw_only=True)
class ReleaseRolledBack(ReleaseNews):
    """The verdict, or a person's word: it is out.

    facts: target, automatic, by, first_bad_at, pulled_at, verdict_at, failed_units, database (a sentence).
    """

    kind: ClassVar[str] = "release.rolled-back"


@dataclass(frozen=True, kw_only=True)
class ReleaseFailed(ReleaseNews):
    """It failed before any user saw it; facts: failed_in (the state), problem (tail, log)."""

    kind: ClassVar[str] = "release.failed"


@dataclass(frozen=True, kw_only=True)
class ReleaseRejected(ReleaseNews):
    """A person said no; facts: by, comment."""

    kind: ClassVar[str] = "release.rejected"


@dataclass(frozen=True, kw_only=True)
class ReleaseExpired(ReleaseNews):
    """Nobody approved in time."""

    kind: ClassVar[str] = "release.expired"


@dataclass(frozen=True, kw_only=True)
class ReleaseSuperseded(ReleaseNews):
    """A newer release took its place, under watch or (`overtaken`) before any user saw it; facts: by (release id)."""

    kind: ClassVar[str] = "release.superseded"


@dataclass(frozen=True, kw_only=True)
class ReleaseCancelled(ReleaseNews):
    """A person stopped it before users saw it; facts: by."""

    kind: ClassVar[str] = "release.cancelled"


@dataclass(frozen=True, kw_only=True)
class ReleaseDown(ReleaseNews):
    """It has served for long, and none of its replicas works any more; facts: since, replicas, faults."""

    kind: ClassVar[str] = "release.down"


@dataclass(frozen=True, kw_only=True)
class ReleaseBack(ReleaseNews):
    """Users are served well again; facts: since (when the trouble began), seconds, by (the release that serves)."""

    kind: ClassVar[str] = "release.back"


@dataclass(frozen=True, kw_only=True)
class MaintenanceChanged(ReleaseNews):
    """Maintenance mode was switched; `subject` is the site, facts: on, by."""

    kind: ClassVar[str] = "release.maintenance-changed"
