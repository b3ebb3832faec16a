"""Writing the wish. Every function belongs into a transaction of its caller, who may hold a lease there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from golive.kernel.problems import Conflict, NotFound
from golive.ship.traffic.domain import Maintenance, Replica
from golive.ship.traffic.models import SiteRow
from golive.ship.traffic.operations.edge import desired


class SiteLocked(Conflict):
    """Another release is on its way to this site."""

    slug = "site-locked"
    title = "Another release is on its way"


def open_site(*, service: str, environment: str, port: int, at: datetime) -> str:
    """Make sure that the site exists, a new one at that port of the edge, and return its id."""
    site_id = f"{service}/{environment}"
    SiteRow.objects.get_or_create(
        pk=site_id,
        defaults={
            "service": service,
            "environment": environment,
            "port": port,
            "changed_at": at,
        },
    )
    return site_id


def set_port(*, site: str, port: int) -> None:
    """Move the site to another port of the edge."""
    SiteRow.objects.filter(pk=site).exclude(port=port).update(port=port, version=F("version") + 1)


def lock(*, site: str, release: str, at: datetime) -> None:
    """Reserve the site for one release; again for the same one changes nothing. Raises SiteLocked."""
    row = _locked(site)
    if row.lock not in ("", release):
        raise SiteLocked(f"{row.lock} is on its way to {site}", holder=row.lock)
    SiteRow.objects.filter(pk=site, lock="").update(lock=release, locked_at=at)


def unlock(*, site: str, release: str) -> None:
    """Give the site free if this release holds it; idempotent."""
    SiteRow.objects.filter(pk=site, lock=release).update(lock="", locked_at=None)


def set_backend(*, site: str, release: str, replicas: Sequence[Replica], at: datetime) -> None:
    """Say where a release answers."""
    row = _locked(site)
    found = [{"id": one.id, "host": one.host, "port": one.port} for one in replicas]
    if row.backends.get(release) == found:
        return
    row.backends[release] = found
    row.leaving.pop(release, None)
    _save(row, at)


def set_split(
    *, site: str, old: str, new: str, share: float, at: datetime, options: dict[str, Any] | None = None
) -> None:
    """Say who serves; a release that is in no split any more is leaving from `at` on.

    `options` are the settings of a manifest for the edge. Raises NotFound when a release that is named has no
    backend, EdgeRefused when no edge could serve this beside the other sites; then nothing has changed. Certificate
    files are not asked for: on the way back to a release the edge has its own copies.
    """
    row = _locked(site)
    missing = [release for release in (old, new) if release and release not in row.backends]
    if missing or not 0 <= share <= 1:
        raise NotFound(f"{site} has no backend for {', '.join(missing) or share}")
    row.old, row.new, row.share = old, new, share
    row.options = row.options if options is None else options
    staying = {old, new}
    row.leaving = {
        release: row.leaving.get(release, at.isoformat()) for release in row.backends if release not in staying
    }
    with transaction.atomic():
        _save(row, at)
        if options is not None:
            desired()


def image(site: str) -> dict[str, Any]:
    """Return who serves at a site, in which split, where and by which settings (JSON), for `put_back`."""
    row = _locked(site)
    return {"old": row.old, "new": row.new, "share": row.share, "options": row.options, "port": row.port}


def still_serves(image: dict[str, Any], old: str, new: str) -> bool:
    """Say whether who served when an image was made has a part in the split `old`, `new`, or nobody in either."""
    served = image["new"] or image["old"]
    return served in (old, new) if served else not (old or new)


def put_back(*, site: str, release: str, image: dict[str, Any], at: datetime, stays: bool = False) -> None:
    """Undo that `release` was brought to a site: who served before does again, and it has no backend; idempotent.

    A split that it is not in stays as it is, and settings that were of a release that serves no more are not put back:
    somebody else may have changed both since. `stays`: it keeps its backend, for its turn comes later.
    """
    row = _locked(site)
    set_port(site=site, port=image.get("port", row.port))
    if release in (row.old, row.new):
        row.old, row.new, row.share = image["old"], image["new"], image["share"]
    if still_serves(image, row.old, row.new):
        row.options = image["options"]
    if not stays:
        row.backends.pop(release, None)
    row.leaving = {one: since for one, since in row.leaving.items() if one not in {row.old, row.new, release}}
    _save(row, at)


def forget(*, site: str, release: str, at: datetime) -> None:
    """Remove the backend of a release that has left; idempotent."""
    row = _locked(site)
    if release in row.backends and release not in (row.old, row.new):
        del row.backends[release]
        row.leaving.pop(release, None)
        _save(row, at)


def set_maintenance(*, site: str, maintenance: Maintenance | None, at: datetime) -> bool:
    """Switch maintenance mode (mission: SHIP-14); False when nothing changes."""
    row = _locked(site)
    wanted = (
        {
            "message": maintenance.message,
            "retry_after_s": maintenance.retry_after_s,
            "allow": list(maintenance.allow),
        }
        if maintenance
        else None
    )
    if row.maintenance == wanted:
        return False
    row.maintenance = wanted
    _save(row, at)
    return True


def _locked(site: str) -> SiteRow:
    row = SiteRow.objects.select_for_update().filter(pk=site).first()
    if row is None:
        raise NotFound(f"There is no site {site}.", hint="Deploy the service once.")
    return row


def _save(row: SiteRow, at: datetime) -> None:
    SiteRow.objects.filter(pk=row.pk).update(
        old=row.old,
        new=row.new,
        share=row.share,
        backends=row.backends,
        leaving=row.leaving,
        options=row.options,
        maintenance=row.maintenance,
        version=F("version") + 1,
        changed_at=at,
    )
