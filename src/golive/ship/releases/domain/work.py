"""The durable jobs of a release: what may take minutes before traffic, and what must answer in a second after it."""

from typing import Final

from golive.ship.releases.domain.states import State

PREPARE: Final = "ship.prepare"
RELEASE: Final = "ship.release"
PREPARED: Final = frozenset({State.QUEUED, State.BUILT, State.GATED, State.STAGED, State.VERIFIED})
