"""One known route: new against old on it, and new against its own bar."""

from __future__ import annotations

from dataclasses import dataclass, field

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.evidence import AbsoluteEvidence, RelativeEvidence
from golive.ship.judge.domain.facts import NEW, OLD
from golive.ship.judge.domain.windows import Fading


@checkpointed
@dataclass(slots=True)
class RouteStream:
    """Its share at risk is shrunk to the overall share; relative evidence exists from the first failure on."""

    x: list[float] = field(default_factory=lambda: [0.0, 0.0])
    e: list[int] = field(default_factory=lambda: [0, 0])
    n_new: int = 0
    relative: RelativeEvidence | None = None
    absolute: AbsoluteEvidence | None = None
    live: list[Fading] = field(default_factory=lambda: [Fading(20.0), Fading(200.0)])

    def share(self, overall: float) -> float:
        """Share of the route's units at risk that is on new."""
        return (self.x[NEW] + 20 * overall) / (self.x[NEW] + self.x[OLD] + 20)

    def compare(self, t: float, t0: float, overall: float, r0: float) -> None:
        """The failures of this tick, new against old."""
        if self.relative is None:
            self.relative = RelativeEvidence(t0)
        self.relative.update(t, self.e[NEW], self.e[OLD], self.share(overall), r0)
        if self.x[NEW] + self.x[OLD] > 2000:
            self.x = [self.x[NEW] / 2, self.x[OLD] / 2]

    def against_bar(self, t: float, t0: float, bar: float, phi: float) -> bool:
        """New against the bar, when it failed or eight units have gathered; True when evidence moved."""
        if not self.e[NEW] and self.n_new < 8:
            return False
        if self.absolute is None:
            self.absolute = AbsoluteEvidence(t0)
        self.absolute.update(t, self.e[NEW], max(self.n_new, self.e[NEW]), bar, phi)
        self.n_new = 0
        return True

    def control(self, t: float) -> float:
        """Old's live failure share on the route: the higher of its 20 and 200 s means."""
        return max(f.rate(t, 10.0) for f in self.live)
