"""How long a message of an outbox is tried; pure."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Patience:
    """A message is tried again after 2, 4, 8, ... seconds, `longest` at most, and given up after `tries` failures."""

    tries: int
    longest: timedelta

    def pause(self, failures: int) -> timedelta:
        """Return the pause after the `failures`-th failure."""
        return min(timedelta(seconds=2.0 ** min(failures, 16)), self.longest)
