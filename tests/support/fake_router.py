"""The edge in memory: takes states and splits as the real one does, and tells what it was told."""

from collections.abc import Callable
from dataclasses import dataclass, field

from golive.ship.traffic.domain import Certificate, EdgeState, Site, Split
from golive.ship.traffic.ports import Applied, EdgeRefused, UnknownSite


@dataclass
class FakeRouter:
    """`refusal` makes the next changes be refused with these words; `busy` is what a release still answers."""

    state: EdgeState = field(default_factory=EdgeState)
    refusal: str = ""
    up: bool = True
    busy: dict[tuple[str, str], int] = field(default_factory=dict)
    requests: dict[str, dict[str, int]] = field(default_factory=dict)
    splits: list[tuple[str, Split]] = field(default_factory=list)
    number: int = 0
    taken: set[int] = field(default_factory=set)
    shut: set[int] = field(default_factory=set)
    bad_certificates: set[str] = field(default_factory=set)
    served_certificates: dict[str, Certificate] = field(default_factory=dict)

    def apply(self, state: EdgeState) -> Applied:
        if self.refusal:
            raise EdgeRefused(self.refusal)
        changed = () if state == self.state else ("state",)
        before = {site.id: site.split for site in self.state.sites}
        self.splits += [
            (site.id, site.split)
            for site in state.sites
            if site.split is not None and before.get(site.id) != site.split
        ]
        self.state = state
        self.number += len(changed)
        return Applied(str(self.number), changed)

    def set_split(self, site_id: str, split: Split) -> Applied:
        site = self.state.site(site_id)
        if site is None:
            raise UnknownSite(f"site {site_id} was never applied")
        try:
            wanted = self.state.with_site(site.with_split(split))
        except ValueError as error:
            raise UnknownSite(str(error)) from error
        return self.apply(wanted)

    def current(self) -> EdgeState:
        return self.state

    def counters(self) -> dict[str, dict[str, int]]:
        return {site: dict(counts) for site, counts in self.requests.items()}

    def in_flight(self, site_id: str, release: str) -> int:
        return self.busy.get((site_id, release), 0)

    def can_listen(self, port: int) -> bool:
        return port not in self.taken

    def shut_ports(self) -> set[int]:
        return self.shut if self.up else set()

    def check(self, site: Site) -> None:
        if site.tls and site.tls.certificate in self.bad_certificates:
            raise EdgeRefused(f"{site.tls.certificate} is no certificate")

    def certificates(self) -> dict[str, Certificate]:
        return self.served_certificates

    def ready(self) -> bool:
        return self.up

    def confirm(self, version: str, *, limit_s: float = 5.0) -> None:
        if version != str(self.number):
            raise EdgeRefused(f"version {version} is no longer the wanted one")

    def rotate_logs(self, max_bytes: int) -> tuple[str, ...]:
        return ()

    def serve(self, site_id: str, count: int) -> None:
        """Count requests as the split would send them, new first."""
        site = self.state.site(site_id)
        assert site is not None
        assert site.split is not None
        split = site.split
        new = round(count * split.share) if split.old else count
        for release, part in ((split.new, new), (split.old, count - new)):
            if release:
                counts = self.requests.setdefault(site_id, {})
                counts[release] = counts.get(release, 0) + part


@dataclass
class InterruptedRouter(FakeRouter):
    """Lets `meanwhile` happen once, while the edge is being told: after a writer has read the row, before it writes."""

    meanwhile: Callable[[], object] | None = None

    def set_split(self, site_id: str, split: Split) -> Applied:
        self._interrupt()
        return super().set_split(site_id, split)

    def apply(self, state: EdgeState) -> Applied:
        self._interrupt()
        return super().apply(state)

    def _interrupt(self) -> None:
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()
