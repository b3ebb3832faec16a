"""Starting and waking the jobs of a release."""

from golive.kernel.durable import enqueue, wake
from golive.ship.releases.domain.states import State
from golive.ship.releases.domain.work import PREPARE, PREPARED, RELEASE

__all__ = ["PREPARE", "PREPARED", "RELEASE", "look", "nudge", "start"]


def start(release_id: str, state: State) -> None:
    """Put the job for this state in, atomically with the surrounding transaction; idempotent."""
    enqueue(PREPARE if state in PREPARED else RELEASE, key=release_id)


def look(release_id: str, state: State) -> None:
    """As `start`, but a job that is open looks once more: it may be in its last turn."""
    kind = PREPARE if state in PREPARED else RELEASE
    if not wake(kind, key=release_id):
        enqueue(kind, key=release_id)
        wake(kind, key=release_id)  # somebody may have put it in at this moment, and its turn may have begun


def nudge(release_id: str) -> None:
    """Have the engine look at the release now, or once more when it is looking.

    In a transaction this comes before the release's row is locked: its engine locks the two in this order.
    """
    if not wake(RELEASE, key=release_id):
        wake(PREPARE, key=release_id)
