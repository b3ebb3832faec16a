"""Taking users off a release while golive's engine is dead: the asking process does this one step in its place.

It owns the release for that step as an engine would, by the lease of its job, so there are never two. An engine that
froze and wakes up has an old fence; one that comes back finds the release PULLED and goes on from there.
"""

from collections.abc import Callable
from typing import Final

from golive.kernel import clock as clocks
from golive.kernel.clock import Clock
from golive.kernel.durable import Job, LeaseLost, taken
from golive.kernel.log import get_logger
from golive.ship.releases.domain.states import OUT_OF_TRAFFIC, UNDER_TRAFFIC, State
from golive.ship.releases.domain.verbs import Verb
from golive.ship.releases.models import Release
from golive.ship.releases.operations import ReleaseMoved
from golive.ship.releases.operations.jobs import RELEASE
from golive.ship.releases.workflows import memory
from golive.ship.releases.workflows.turn import Turn
from golive.ship.releases.workflows.wishes import carry_out
from golive.ship.traffic import operations as traffic

logger = get_logger(__name__)
PATIENCE_S: Final = 12.0  # the lease of an engine that died this moment, and a little more
LOOK_S: Final = 0.05


class StandInEngine:
    """`owner` must be unique among all that own jobs; `pause` waits so many seconds."""

    def __init__(
        self,
        owner: str,
        *,
        pause: Callable[[float], None],
        clock: Clock = clocks.system,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._owner, self._pause, self._clock, self._patience_s = owner, pause, clock, patience_s

    def pull(self, release: str) -> None:
        end = self._clock.monotonic() + self._patience_s
        while _is_asked_for(release) and not self._has_pulled(release) and self._clock.monotonic() < end:
            self._pause(LOOK_S)
        row = Release.objects.get(pk=release)
        if row.state in OUT_OF_TRAFFIC:
            # Whoever took the arrow may have died before the edge knew of it.
            traffic.move(row.site)

    def _has_pulled(self, release: str) -> bool:
        with taken(RELEASE, key=release, owner=self._owner, clock=self._clock) as job:
            if job is None:
                return False
            try:
                _pull(job)
            except (LeaseLost, ReleaseMoved):
                logger.warning("stand_in_came_too_late", release=release, fence=job.fence)
                return False
            finally:
                memory.forget(release)
        return True


def _is_asked_for(release: str) -> bool:
    row = Release.objects.filter(pk=release, state__in=UNDER_TRAFFIC).only("wish").first()
    return row is not None and (row.wish or {}).get("verb") == Verb.PULL


def _pull(job: Job) -> None:
    # Seen once more under the fence: another owner may just have done it.
    release = Release.objects.get(pk=job.key)
    if (release.wish or {}).get("verb") == Verb.PULL and State(release.state) in UNDER_TRAFFIC:
        carry_out(Turn(job, release))
        logger.warning("pulled_without_engine", release=release.pk, fence=job.fence)
