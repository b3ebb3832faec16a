"""Starting and waking the jobs of a release."""

from golive.kernel.durable import enqueue, wake
from golive.ship.releases.domain.states import State
from golive.ship.releases.domain.work import PREPARE, PREPARED, RELEASE

__all__ = ["PREPARE", "PREPARED", "RELEASE", "nudge", "start"]


def start(release_id: str, state: State) -> None:
    """Put the job for this state in, atomically with the surrounding transaction; idempotent."""
    enqueue(PREPARE if state in PREPARED else RELEASE, key=release_id)


def nudge(release_id: str) -> None:
    """Have the engine look at the release now."""
    if not wake(RELEASE, key=release_id):
        wake(PREPARE, key=release_id)
