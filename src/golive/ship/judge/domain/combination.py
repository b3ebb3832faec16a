"""All streams in one weighted average; the weights are fixed before the first request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed

WEIGHTS: Final = {
    "unit": 0.17,
    "client": 0.18,
    "routes": 0.11,
    "new_routes": 0.02,  # the reserve: the j-th route that appears later has 1/(j(j+1)) of it
    "absolute": 0.12,
    "abs_routes": 0.10,
    "p90": 0.09,
    "p99": 0.06,
    "slo": 0.04,
    "abs_slo": 0.03,
    "abs_p90": 0.03,
    "mix": 0.05,
}
ERRORS: Final = ("unit", "client", "routes", "new_routes", "absolute", "abs_routes")
SLOW: Final = ("p90", "p99", "slo", "abs_slo", "abs_p90")
RELATIVE: Final = {
    "errors": ("unit", "client", "routes"),
    "slow": ("p90", "p99", "slo"),
    "mix": ("mix",),
}


@checkpointed
@dataclass(slots=True)
class Combination:
    """Values of the streams; one that has said nothing is worth 1."""

    e: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WEIGHTS, 1.0))

    @property
    def all(self) -> float:
        """The evidence that pulls."""
        return sum(w * self.e[k] for k, w in WEIGHTS.items())

    def part(self, names: Sequence[str]) -> float:
        """Contribution of some streams to `all`."""
        return sum(WEIGHTS[k] * self.e[k] for k in names)

    def relative(self, family: str) -> float:
        """Evidence in which new and old faced the same moment, for "errors", "slow" or "mix"."""
        names = RELATIVE[family]
        return self.part(names) / sum(WEIGHTS[k] for k in names)

    @property
    def family(self) -> str:
        """What the suspicion is mostly about."""
        parts = {"errors": self.part(ERRORS), "slow": self.part(SLOW), "mix": self.part(("mix",))}
        return max(parts, key=lambda k: parts[k])

    @property
    def slow_kind(self) -> str:
        """The latency limit that speaks loudest."""
        return max(
            ("p90", "p99", "slo"),
            key=lambda k: WEIGHTS[k] * self.e[k] + WEIGHTS.get("abs_" + k, 0.0) * self.e.get("abs_" + k, 0.0),
        )
