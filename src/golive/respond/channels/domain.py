"""How long a message of an outbox is tried; pure."""

from dataclasses import dataclass
from datetime import timedelta

LONGEST_WISH = timedelta(minutes=15)


@dataclass(frozen=True)
class Patience:
    """A message is tried again after 2, 4, 8, ... seconds, `longest` at most, and given up after `tries` failures.

    A provider that asks for a longer pause (429 with Retry-After) gets it, up to `LONGEST_WISH`.
    """

    tries: int
    longest: timedelta

    def pause(self, failures: int, *, wish: timedelta = timedelta(0)) -> timedelta:
        """Return the pause after the `failures`-th failure, at which the provider asked for `wish`."""
        return max(min(timedelta(seconds=2.0 ** min(failures, 16)), self.longest), min(wish, LONGEST_WISH))
