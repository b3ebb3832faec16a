"""The durable jobs of a release: what may take minutes before traffic, and what must answer in a second after it."""

from typing import Final

from golive.kernel.durable import enqueue, wake
from golive.ship.releases.domain.states import State

PREPARE: Final = "ship.prepare"
RELEASE: Final = "ship.release"
PREPARED: Final = frozenset({State.QUEUED, State.BUILT, State.GATED, State.STAGED, State.VERIFIED})


def start(release_id: str, state: State) -> None:
    """Put the job for this state in, atomically with the surrounding transaction; idempotent."""
    enqueue(PREPARE if state in PREPARED else RELEASE, key=release_id)


def nudge(release_id: str) -> None:
    """Have the engine look at the release now."""
    if not wake(RELEASE, key=release_id):
        wake(PREPARE, key=release_id)
