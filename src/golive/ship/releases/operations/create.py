"""Asking for a release."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from golive.kernel import audit, clock
from golive.kernel.access.roles import Actor, Role, require
from golive.kernel.config import parse_toml
from golive.kernel.events import announce
from golive.kernel.ids import new_id
from golive.kernel.problems import Invalid
from golive.ship.artifacts import operations as artifacts
from golive.ship.artifacts import queries as revisions
from golive.ship.releases.domain.naming import apart
from golive.ship.releases.domain.states import MEANING, State
from golive.ship.releases.events import ReleaseQueued
from golive.ship.releases.models import Release
from golive.ship.releases.operations import jobs
from golive.ship.releases.operations.arrows import append
from golive.ship.services import operations as services
from golive.ship.services import queries as known
from golive.ship.services.domain.idle import idle_keys
from golive.ship.services.domain.manifest import Manifest

FILE = "golive.toml"
TRIES = 5


@dataclass(frozen=True)
class Revision:
    """What is asked for: a commit and the golive.toml in it."""

    service: str
    revision: str
    version: str
    subject: str
    author: str
    committed_at: datetime | None
    manifest: str


def deploy(*, by: Actor, service: str, revision: str) -> str:
    """Queue a release of a revision (branch, tag or hash) and return its id.

    The golive.toml of that revision counts; without one, the registered text. Raises Forbidden, NotFound, FetchFailed,
    ConfigInvalid.
    """
    require(by, Role.OPERATOR)
    row = known.service(service)
    commit = artifacts.fetch(service=service, repository=row.repository, revision=revision)
    text = revisions.file_at(service, commit.revision, FILE)
    if text is None:
        text = row.manifest_text
    else:
        manifest = parse_toml(Manifest, text, FILE, also=idle_keys)
        if manifest.service != service:
            raise Invalid(f"{FILE} of {commit.version} is of the service {manifest.service}, not {service}.")
    if text != row.manifest_text:
        services.register(by=by, manifest_text=text, repository=row.repository)
    return queue(
        by=by,
        what=Revision(
            service, commit.revision, commit.version, commit.subject, commit.email or commit.author, commit.at, text
        ),
    )


def queue(*, by: Actor, what: Revision) -> str:
    """Create the release of a fetched revision and start its job; returns the id.

    A revision that was released before gets a name of its own: 1.4.2+2.
    """
    for left in reversed(range(TRIES)):
        try:
            return _queue(by, what)
        except IntegrityError:  # another one took the name at this moment
            if not left:
                raise
    raise AssertionError("unreachable")


def _queue(by: Actor, what: Revision) -> str:
    now = clock.now()
    with transaction.atomic():
        taken = set(Release.objects.filter(service=what.service).values_list("version", flat=True))
        release = Release.objects.create(
            id=new_id("rel"),
            service=what.service,
            version=apart(what.version, taken),
            revision=what.revision,
            subject=what.subject[:500],
            author=what.author,
            committed_at=what.committed_at,
            requested_by=str(by),
            manifest=what.manifest,
            state=State.QUEUED,
            entered_at=now,
            reason="deployed",
            sentence=MEANING[State.QUEUED],
            created_at=now,
        )
        facts = {
            "revision": what.revision,
            "version": release.version,
            "author": what.author,
            "by": str(by),
            "subject": what.subject[:500],
        }
        entry = append(release, State.QUEUED, at=now, facts=facts)
        audit.record(
            actor=str(by),
            action="release.deployed",
            subject=release.pk,
            facts={"service": what.service, "revision": what.revision, "version": release.version},
        )
        announce(
            ReleaseQueued(
                subject=release.pk,
                release=release.pk,
                version=release.version,
                service=release.service,
                environment=release.environment,
                reason="deployed",
                sentence=release.sentence,
                facts=facts,
                head=entry.hash,
            ),
            at=now,
        )
        jobs.start(release.pk, State.QUEUED)
    return release.pk
