"""Bringing back what died with its keeper, for everything that serves, release in sight or long settled."""

from datetime import timedelta
from typing import Final

from django.db import transaction

from golive.kernel import clock
from golive.kernel.durable import every
from golive.kernel.log import get_logger
from golive.kernel.ports import the
from golive.kernel.problems import Problem
from golive.ship.releases.domain.states import State
from golive.ship.releases.models import Release
from golive.ship.releases.ports import Target
from golive.ship.releases.workflows.tidy import STOP_S
from golive.ship.releases.workflows.turn import subject_of
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites

logger = get_logger(__name__)
RESTARTING: Final = frozenset({State.RESUMED, State.ROLLED_BACK})


@every("ship.tend", timedelta(seconds=3))
def tend() -> None:
    """Look after the processes of every site; where its replicas moved to another port, tell the edge."""
    moved = False
    for site in sites.sites():
        for release_id in filter(None, (site.old, site.new)):
            release = Release.objects.filter(pk=release_id).first()
            if release is None or release.state in RESTARTING:
                continue
            try:
                moved |= _tend(site.id, release, site.environment)
            except (Problem, OSError) as error:
                logger.warning("tending_failed", site=site.id, release=release_id, exc_info=error)
    if moved:
        traffic.apply()


def _tend(site: str, release: Release, environment: str) -> bool:
    """Bring back what a release of a site lacks; True when it answers elsewhere since."""
    replicas = the(Target).ensure(subject_of(release), environment)
    with transaction.atomic():
        seen = traffic.image(site)
        serves = release.pk in (seen["old"], seen["new"])
        present = sites.site(site)
        backend = present.backends.get(release.pk) if present else None
        moved = serves and bool(replicas) and replicas != backend
        if moved:
            traffic.set_backend(site=site, release=release.pk, replicas=replicas, at=clock.now())
    if not serves and backend is None:
        # It was let go while this one was at it: what was brought back is nobody's.
        the(Target).stop(release.pk, environment, grace_s=STOP_S)
    return moved
