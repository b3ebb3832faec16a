"""Reading sites: who serves, and what the edge should be told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from golive.kernel.ports import the
from golive.ship.traffic.domain import Replica
from golive.ship.traffic.models import SiteRow
from golive.ship.traffic.ports import TrafficRouter


@dataclass(frozen=True)
class SiteView:
    """A site as others see it; `serving` is the release most visitors are on, "" when nobody serves."""

    id: str
    service: str
    environment: str
    port: int
    old: str
    new: str
    share: float
    serving: str
    backends: dict[str, tuple[Replica, ...]]
    leaving: tuple[str, ...]
    maintenance: dict[str, Any] | None
    version: int
    lock: str
    locked_at: datetime | None


@dataclass(frozen=True)
class CertificateView:
    """The certificate of a site, which comes from `file`; `warning` is "" when there is nothing to do."""

    names: tuple[str, ...]
    not_after: datetime | None
    warning: str
    file: str


@dataclass(frozen=True)
class EdgeView:
    """Whether the edge answers, and the ports at which it should listen and cannot."""

    up: bool
    shut: frozenset[int]

    def trouble(self, port: int) -> str:
        """Return what keeps visitors of this port away, "" when nothing does."""
        if not self.up:
            return "the edge does not answer"
        return f"the edge cannot listen on port {port}" if port in self.shut else ""


def edge() -> EdgeView:
    """Return what of the edge visitors would notice; nothing is known of it in a process that has none."""
    try:
        router = the(TrafficRouter)
    except LookupError:
        return EdgeView(True, frozenset())
    up = router.ready()  # one that hangs is waited for once
    return EdgeView(up, frozenset(router.shut_ports() if up else ()))


def site(site_id: str) -> SiteView | None:
    """Return a site, None when nothing was ever brought there."""
    row = SiteRow.objects.filter(pk=site_id).first()
    return _view(row) if row else None


def sites(service: str = "", *, limit: int | None = None) -> list[SiteView]:
    """Return all sites, or those of one service, by id, at most `limit`."""
    rows = SiteRow.objects.filter(service=service) if service else SiteRow.objects.all()
    return [_view(row) for row in rows[:limit]]


def serving(site_ids: Collection[str]) -> dict[str, str]:
    """Return the release that most visitors of each of these sites are on, "" when nobody serves."""
    return {row.pk: _serving(row) for row in SiteRow.objects.filter(pk__in=site_ids)}


def address(site_id: str, host: str) -> str:
    """Return the address of a site: by its first real name where there is TLS, else by `host`."""
    row = SiteRow.objects.filter(pk=site_id).first()
    if row is None or not row.options.get("tls"):
        return f"http://{host}:{row.port if row else 0}"
    names = [name for name in row.options.get("domains", ()) if "*" not in name]
    return f"https://{names[0] if names else host}:{row.port}"


def certificate(site_id: str, now: datetime) -> CertificateView | None:
    """Return until when a site can serve TLS and what a person has to do about it, None without TLS."""
    row = SiteRow.objects.filter(pk=site_id).first()
    tls = row.options.get("tls") if row else None
    found = the(TrafficRouter).certificates().get(site_id) if tls else None
    if not (tls and found):
        return None
    return CertificateView(found.names, found.not_after, found.warning(now), tls["certificate"])


def _serving(row: SiteRow) -> str:
    return row.new if row.new and (row.share >= 0.5 or not row.old) else row.old


def _view(row: SiteRow) -> SiteView:
    backends = {
        release: tuple(Replica(one["id"], one["host"], one["port"]) for one in replicas)
        for release, replicas in row.backends.items()
    }
    return SiteView(
        row.pk,
        row.service,
        row.environment,
        row.port,
        row.old,
        row.new,
        row.share,
        _serving(row),
        backends,
        tuple(row.leaving),
        row.maintenance,
        row.version,
        row.lock,
        row.locked_at,
    )
