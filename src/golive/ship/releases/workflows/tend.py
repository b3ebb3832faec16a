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
from golive.ship.releases.workflows.turn import subject_of
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites

logger = get_logger(__name__)
RESTARTING: Final = frozenset({State.RESUMED, State.ROLLED_BACK})


@every("ship.tend", timedelta(seconds=3))
def tend() -> None:
    """Look after the replicas of every site; where they moved to another port, tell the edge."""
    moved = False
    for site in sites.sites():
        for release_id in filter(None, (site.old, site.new)):
            release = Release.objects.filter(pk=release_id).first()
            if release is None or release.state in RESTARTING:
                continue
            try:
                replicas = the(Target).ensure(subject_of(release), site.environment)
            except Problem as problem:
                logger.warning("tending_failed", site=site.id, release=release_id, detail=problem.detail)
                continue
            if replicas and replicas != site.backends.get(release_id):
                with transaction.atomic():
                    traffic.set_backend(site=site.id, release=release_id, replicas=replicas, at=clock.now())
                moved = True
    if moved:
        traffic.apply()
