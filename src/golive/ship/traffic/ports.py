"""The port to the machinery that carries the visitors' traffic."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from golive.kernel.problems import Conflict, NotFound
from golive.ship.traffic.domain import Certificate, EdgeState, Site, Split


class EdgeRefused(Conflict):
    """The edge did not take a configuration; it goes on serving the one before. `detail` is its own words."""

    slug = "edge-refused"
    title = "The edge refused the configuration"


class UnknownSite(NotFound):
    """The edge has no such site, or the site has no backend for the release."""

    slug = "unknown-site"
    title = "The edge does not know this site"


@dataclass(frozen=True)
class Applied:
    """What an `apply` did: the version that is now wanted and the files that were rewritten."""

    version: str
    changed: tuple[str, ...]


class TrafficRouter(Protocol):
    """Brings the edge to a wanted state. All calls are idempotent and safe from several processes."""

    def apply(self, state: EdgeState) -> Applied:
        """Make the edge serve `state`, touching only what differs; repairs damaged files.

        With a running edge it returns when the edge has taken it (usually < 1 s); with none, the
        files are ready for its start. Raises EdgeRefused (files are put back to what serves), also for a port that
        others have; one of those is left out though when it was in the state before: the other sites must not suffer.
        """
        ...

    def set_split(self, site_id: str, split: Split) -> Applied:
        """Move visitors between two releases of an applied site: one small file, effective in milliseconds.

        Raises UnknownSite when the site, or a backend for a release of the split, was never applied.
        """
        ...

    def current(self) -> EdgeState:
        """Return the state that was applied last, with later splits; empty when none was."""
        ...

    def counters(self) -> dict[str, dict[str, int]]:
        """Return attempts sent so far as {site: {release: requests}}; a fall means that the edge restarted."""
        ...

    def in_flight(self, site_id: str, release: str) -> int:
        """Return how many requests the release is answering at this site now."""
        ...

    def can_listen(self, port: int) -> bool:
        """Say whether the edge has this port or could have it."""
        ...

    def shut_ports(self) -> Collection[int]:
        """Return the ports of the applied state at which a running edge does not listen; each `apply` tries again."""
        ...

    def check(self, site: Site) -> None:
        """Raise EdgeRefused, in words, unless the certificate files of the site may serve; fine without TLS."""
        ...

    def certificates(self) -> Mapping[str, Certificate]:
        """Return by site id the certificates that serve since the last `apply`."""
        ...

    def ready(self) -> bool:
        """Say whether the edge is up and takes traffic."""
        ...

    def confirm(self, version: str, *, limit_s: float = 5.0) -> None:
        """Wait until the edge serves `version`; raises EdgeRefused with its words, or after `limit_s`."""
        ...

    def rotate_logs(self, max_bytes: int) -> tuple[str, ...]:
        """Rename logs above `max_bytes` to `<name>.1` and so on, have them reopened; return the rotated names."""
        ...
