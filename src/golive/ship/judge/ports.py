"""The port to a client that asks replicas directly."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Answer:
    """`status` 0: there was none within the limit. `ms` until the answer was complete."""

    status: int
    ms: float


class Prober(Protocol):
    """Asks one replica for one path, past the edge."""

    def ask(self, host: str, port: int, path: str, *, site_host: str, limit_s: float) -> Answer:
        """GET `path`, following nothing; never raises for what the replica does. `site_host` is the Host header."""
        ...
