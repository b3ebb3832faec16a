"""Counts what shoppers lived through. Seconds are counted from the start; ``at`` is Unix time."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Failure:
    """A request that failed its user: status 500 or above, a broken connection, or no answer in time."""

    at: float
    second: int
    route: str
    status: int
    error: str
    shopper: int


class Figures:
    """Requests, failures and latencies, by second and by route.

    ``unsent`` are requests that were due but found every shopper waiting until the end: more clients are needed.
    """

    def __init__(self, started_at: float) -> None:
        self.started_at = started_at
        self.failures: list[Failure] = []
        self.cut_streams = 0
        self.unsent = 0
        self.orders = 0
        self._seconds: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        self._statuses: dict[str, Counter[str]] = defaultdict(Counter)
        self._latencies: dict[str, array[float]] = defaultdict(lambda: array("d"))

    @property
    def requests(self) -> int:
        return sum(done for done, _ in self._seconds.values())

    def add(
        self, *, route: str, at: float, seconds: float, status: int, error: str, shopper: int
    ) -> None:
        """One request that was meant to begin at ``at`` and was answered ``seconds`` later."""
        second = int(at - self.started_at)
        self._seconds[second][0] += 1
        self._statuses[route][error or str(status)] += 1
        self._latencies[route].append(seconds)
        self.orders += route == "/checkout POST" and status == 302
        if error or status >= 500:
            self._seconds[second][1] += 1
            self.failures.append(
                Failure(round(at + seconds, 3), second, route, status, error, shopper)
            )

    def report(self) -> dict[str, object]:
        """Everything as JSON-able facts; latencies in milliseconds from the intended start."""
        everything = [value for values in self._latencies.values() for value in values]
        return {
            "started_at": round(self.started_at, 3),
            "requests": self.requests,
            "failed": len(self.failures),
            "orders": self.orders,
            "cut_streams": self.cut_streams,
            "unsent": self.unsent,
            "latency_ms": quantiles(everything),
            "routes": {
                route: {
                    "requests": sum(self._statuses[route].values()),
                    "answers": dict(self._statuses[route]),
                    "latency_ms": quantiles(values),
                }
                for route, values in sorted(self._latencies.items())
            },
            "seconds": [[second, *counts] for second, counts in sorted(self._seconds.items())],
            "failures": [asdict(failure) for failure in self.failures[:10_000]],
        }


def quantiles(values: Iterable[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest in milliseconds of ``values`` in seconds."""
    ordered = sorted(values)
    if not ordered:
        return {}
    picks = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {
        name: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
        for name, share in picks.items()
    }
