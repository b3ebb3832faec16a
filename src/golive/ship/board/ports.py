"""What the page of a release asks of those above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Told:
    """Word about a release to somebody: about what, by which channel (empty: none reaches them), and what came of it."""

    who: str
    about: str
    by: str
    at: datetime
    accepted_at: datetime | None
    error: str = ""
    given_up: bool = False


class Listeners(Protocol):
    """Who was told of a release, and what came of it."""

    def told(self, release: str) -> Sequence[Told]:
        """Return who was told, oldest first."""
        ...

    def incident(self, release: str) -> str:
        """Return the id of the newest incident about a release, "" when there is none."""
        ...
