"""Reading sites: who serves, and what the edge should be told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from golive.ship.traffic.domain import Replica
from golive.ship.traffic.models import SiteRow


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


def site(site_id: str) -> SiteView | None:
    """Return a site, None when nothing was ever brought there."""
    row = SiteRow.objects.filter(pk=site_id).first()
    return _view(row) if row else None


def sites(service: str = "") -> list[SiteView]:
    """Return all sites, or those of one service, by id."""
    rows = SiteRow.objects.filter(service=service) if service else SiteRow.objects.all()
    return [_view(row) for row in rows]


def _view(row: SiteRow) -> SiteView:
    serving = row.new if row.new and (row.share >= 0.5 or not row.old) else row.old
    backends = {
        release: tuple(Replica(one["id"], one["host"], one["port"]) for one in replicas)
        for release, replicas in row.backends.items()
    }
    return SiteView(
        row.pk, row.service, row.environment, row.port, row.old, row.new, row.share, serving, backends,
        tuple(row.leaving), row.maintenance, row.version, row.lock, row.locked_at,
    )  # fmt: skip
