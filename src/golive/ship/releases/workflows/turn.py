"""One turn of a release's job: what every stage needs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from golive.kernel.config import parse_toml
from golive.kernel.durable import Again, Job, Wait
from golive.kernel.ports import the
from golive.ship.releases.domain.policy import Policy, policy
from golive.ship.releases.domain.states import State
from golive.ship.releases.events import ReleaseNews
from golive.ship.releases.models import Release
from golive.ship.releases.operations import arrows, jobs
from golive.ship.releases.ports import Subject, Target
from golive.ship.services.domain.manifest import STAGING, Manifest
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites
from golive.ship.traffic.queries import SiteView

AT_ONCE: Final = Again()
GRACE_S: Final = 30.0  # for the requests of a replica that leaves


@dataclass
class Turn:
    """A job in the hands of its owner, with the release as it is now."""

    job: Job
    release: Release

    @cached_property
    def policy(self) -> Policy:
        """The policy of the release's own golive.toml."""
        return policy_of(self.release)

    @property
    def target(self) -> Target:
        return the(Target)

    @property
    def now(self) -> datetime:
        return self.job.now()

    @property
    def subject(self) -> Subject:
        """The release as its target knows it."""
        return subject_of(self.release)

    @property
    def site(self) -> str:
        return self.release.site

    @property
    def staging(self) -> str:
        return f"{self.release.service}/{STAGING}"

    def place(self) -> SiteView:
        """Return the production site. Raises LookupError before it was opened."""
        found = sites.site(self.site)
        if found is None:
            raise LookupError(f"{self.site} was never opened")
        return found

    def deadline(self, seconds: float) -> datetime:
        return self.now + timedelta(seconds=seconds)

    def move(
        self,
        target: State,
        reason: str,
        sentence: str = "",
        facts: dict[str, Any] | None = None,
        *,
        within: Callable[[], None] | None = None,
        checkpoint: dict[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """Take one arrow under the fence; `within` writes more in the same transaction, before the arrow.

        The wish that was read is carried out with it, for `carry_out` comes first in every turn. Raises LeaseLost,
        ReleaseMoved; then nothing of it happened.
        """
        with self.job.transaction():
            if within:
                within()
            changes["wish"] = after(self.release.wish)
            arrows.move(self.release, target, at=self.now, reason=reason, sentence=sentence, facts=facts, **changes)
            if checkpoint is not None:
                self.job.save(checkpoint)
            moved_on = target not in jobs.PREPARED and target != State.ASKED
            if self.job.kind == jobs.PREPARE and moved_on:
                jobs.start(self.release.pk, target)

    def tell(
        self,
        news: type[ReleaseNews],
        reason: str,
        sentence: str,
        facts: dict[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """Announce something that is no arrow, with changes of the row."""
        with self.job.transaction():
            self.set(**({"reason": reason, "sentence": sentence} | changes))
            arrows.tell(self.release, news, at=self.now, reason=reason, sentence=sentence, facts=facts)

    def note(self, kind: str, **facts: Any) -> None:
        """Put an entry into the record."""
        with self.job.transaction():
            arrows.append(self.release, kind, at=self.now, facts=facts)

    def set(self, **changes: Any) -> None:
        """Change fields of the row that are no state, under the fence."""
        with self.job.transaction():
            Release.objects.filter(pk=self.release.pk).update(**changes)
        for name, value in changes.items():
            setattr(self.release, name, value)

    def end_wish(self) -> None:
        """Forget the wish that was read, which is carried out or answered; one that came since stays."""
        wish = after(self.release.wish)
        with self.job.transaction():
            arrows.as_asked(self.release).update(wish=wish)
        self.release.wish = wish

    def wait_for(self, sentence: str, seconds: float) -> Wait:
        """Say what is waited for and give the lease back for at most `seconds`."""
        if self.release.waits_for != sentence:
            self.set(waits_for=sentence)
        return Wait(self.deadline(seconds))

    def open_site(self, environment: str, port: int) -> str:
        """Make sure that the row of a site exists. Raises PortTaken, and EdgeRefused for a certificate."""
        traffic.check_port(port)
        staging = environment == STAGING
        traffic.check_tls(
            f"{self.release.service}/{environment}",
            self.policy.staging_edge if staging else self.policy.edge,
        )
        with self.job.transaction():
            return traffic.open_site(service=self.release.service, environment=environment, port=port, at=self.now)


def after(wish: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what is still to be done when a wish has been carried out."""
    return (wish or {}).get("then")


def policy_of(release: Release) -> Policy:
    """Return the policy of a release's own golive.toml."""
    return policy(parse_toml(Manifest, release.manifest, "golive.toml"), release.environment)


def subject_of(release: Release) -> Subject:
    """Return a release as its target knows it."""
    return Subject(release.pk, release.version, release.service, release.revision, release.manifest, release.digest)
