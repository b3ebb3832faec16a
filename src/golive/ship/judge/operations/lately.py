"""Whether the release that is judged has been well lately, by every attempt: caps would hide an outage."""

from typing import Final

from golive.ship.judge.domain.windows import Recent

MINUTE: Final = 60.0
FAILS: Final = 0.02  # failed share of a minute up to which it is well
FEW: Final = 3  # requests of a minute below which they tell nothing ...
QUIET: Final = 600.0  # ... and this long without a failure does, in seconds


class Lately:
    """Counts of the trailing minute; what was before `t` is unknown and no sign of health."""

    def __init__(self, t: float) -> None:
        self._minute = Recent(MINUTE)
        self._begun = self._bad = t
        self._now = [0, 0]

    def note(self, *, failed: bool) -> None:
        """An attempt on the release has ended."""
        self._now[0] += 1
        self._now[1] += failed

    def close(self, t: float, *, faults: bool) -> None:
        """Close a second; `faults`: something hard is wrong with the release."""
        if faults:
            self._begun = t
        if faults or self._now[1]:
            self._bad = t
        self._minute.add(t, tuple(self._now))
        self._now = [0, 0]

    @property
    def requests(self) -> tuple[int, int]:
        """How many were answered or failed in the last minute, and how many of them failed."""
        n, failed = self._minute.sums or (0, 0)
        return n, failed

    def well(self, t: float, usual: float) -> bool:
        """Whether it has been well for a minute, or for ten when hardly anybody asks; `usual` is what its owner allows."""
        n, failed = self.requests
        enough = t - self._begun >= MINUTE and n >= FEW
        return failed <= max(FAILS, usual) * n if enough else t - self._bad >= QUIET
