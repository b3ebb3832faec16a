"""Bringing the edge to what the rows say.

Nothing is ever written from a caller's idea of the split, only from the committed row, and the row is read again
after the write: a writer that was frozen in between can only write the present truth once more.
"""

import ipaddress
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from golive.kernel.config import settings
from golive.kernel.ports import the
from golive.kernel.problems import Conflict
from golive.ship.traffic.domain import (
    Backend,
    Collector,
    Cors,
    Door,
    EdgeState,
    Maintenance,
    Replica,
    Site,
    SlowRoute,
    Split,
    StaticSite,
    Tls,
)
from golive.ship.traffic.models import SiteRow
from golive.ship.traffic.ports import Applied, EdgeRefused, TrafficRouter, UnknownSite

_static: list[Callable[[], Sequence[StaticSite]]] = []
TRIES = 10


def register_static(provider: Callable[[], Sequence[StaticSite]]) -> None:
    """Add a source of pages that the edge serves itself; asked at every `apply`."""
    if provider not in _static:
        _static.append(provider)


class PortTaken(Conflict):
    """Another program listens on a port that the edge was to have."""

    slug = "edge-port-taken"
    title = "The port is taken"


def check_port(port: int) -> None:
    """Raise PortTaken unless the edge has the port or could have it."""
    if not the(TrafficRouter).can_listen(port):
        raise PortTaken(f"Port {port} is taken by another program: end that, or give the environment another `port`.")


def check_tls(site: str, options: dict[str, Any]) -> None:
    """Raise EdgeRefused or PortTaken unless a site with these settings could serve with its certificate."""
    tls = _tls(options.get("tls"))
    the(TrafficRouter).check(Site(site, 1, domains=tuple(options.get("domains", ("*",))), tls=tls))
    if tls and tls.redirect_from:
        check_port(tls.redirect_from)


def check_settings(site: str, options: dict[str, Any]) -> None:
    """Raise EdgeRefused when a site with these settings would contradict the others."""
    rows = list(SiteRow.objects.all())
    for row in rows:
        if row.pk == site:
            row.options = options
    _state(rows)


def desired() -> EdgeState:
    """Return what the edge should serve now, from the rows. Raises EdgeRefused when they contradict each other."""
    return _state(list(SiteRow.objects.all()))


def apply() -> Applied:
    """Bring the whole edge to what the rows say; idempotent. Raises EdgeRefused."""
    for _ in range(TRIES):
        rows = list(SiteRow.objects.all())
        applied = the(TrafficRouter).apply(_state(rows))
        if _versions() == {row.pk: row.version for row in rows}:
            break
    return applied


def move(site: str) -> Applied:
    """Bring the split of one site to what its row says: the fast way, milliseconds. Raises EdgeRefused."""
    for _ in range(TRIES):
        row = SiteRow.objects.get(pk=site)
        split = _split(row)
        if split is None:
            return apply()
        try:
            applied = the(TrafficRouter).set_split(site, split)
        except UnknownSite:
            return apply()
        if SiteRow.objects.filter(pk=site, version=row.version).exists():
            break
    return applied


def in_flight(site: str, release: str) -> int:
    """Return how many requests a release answers now."""
    return the(TrafficRouter).in_flight(site, release)


def drained(site: str, release: str, *, now: datetime, limit_s: float) -> bool:
    """Say whether a leaving release has nothing left to answer, or has had `limit_s` for it."""
    left = SiteRow.objects.get(pk=site).leaving.get(release)
    if left is None or (now - datetime.fromisoformat(left)).total_seconds() >= limit_s:
        return True
    # The edge needs a moment to send nobody any more.
    return (now - datetime.fromisoformat(left)).total_seconds() >= 1.0 and not in_flight(site, release)


def _versions() -> dict[str, int]:
    return dict(SiteRow.objects.values_list("pk", "version"))


def _state(rows: Sequence[SiteRow]) -> EdgeState:
    proxies = tuple(filter(None, (x.strip() for x in settings().trusted_proxies.split(","))))
    pages = tuple(site for provider in _static for site in provider())
    try:
        # A site that never served has no names yet: it would claim those of others.
        served = tuple(_site(row) for row in rows if _split(row))
        return EdgeState(served, pages, proxies, _collector(), _door())
    except ValueError as error:
        raise EdgeRefused(
            f"The sites contradict each other: {error}.",
            hint="Give the environments different ports or domains in golive.toml.",
        ) from error


def _door() -> Door | None:
    """Return the public door, None unless its address and its certificate are given."""
    config = settings()
    public = urlsplit(config.public_url)
    if public.scheme != "https" or not (config.public_certificate and config.public_key):
        return None
    tls = Tls(str(config.public_certificate), str(config.public_key))
    name, port = (public.hostname or "").lower(), public.port or 443
    return Door(name, port, tls, _reached_at(config.host), config.port)


def _reached_at(host: str) -> str:
    """Return the address to reach a program that listens on `host`, which may be a name or every address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "127.0.0.1"
    return "127.0.0.1" if address.is_unspecified else host


def _collector() -> Collector | None:
    """Return the store's door for telemetry, None before the store has a place."""
    try:
        store = json.loads((settings().run / "store.json").read_text())
        return Collector(int(store["otlp_port"]), str(store["token_file"]))
    except (OSError, ValueError, KeyError):
        return None


def _split(row: SiteRow) -> Split | None:
    if not (row.old or row.new):
        return None
    return Split(new=row.new or None, old=row.old or None, share=row.share)


def _site(row: SiteRow) -> Site:
    backends = tuple(
        Backend(release, tuple(Replica(x["id"], x["host"], x["port"]) for x in replicas))
        for release, replicas in row.backends.items()
    )
    options: dict[str, Any] = dict(row.options)
    return Site(
        id=row.pk,
        port=row.port,
        backends=backends,
        split=_split(row),
        maintenance=_maintenance(row.maintenance),
        domains=tuple(options.pop("domains", ("*",))),
        slow_routes=tuple(SlowRoute(**one) for one in options.pop("slow_routes", ())),
        cors=Cors(**options.pop("cors")) if options.get("cors") else None,
        tls=_tls(options.pop("tls", None)),
        **options,
    )


def _tls(value: dict[str, Any] | None) -> Tls | None:
    return Tls(**value) if value else None


def _maintenance(value: dict[str, Any] | None) -> Maintenance | None:
    if value is None:
        return None
    return Maintenance(value["message"], value["retry_after_s"], tuple(value["allow"]))
