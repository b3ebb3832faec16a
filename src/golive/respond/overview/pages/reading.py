"""What the overview and the page of a service both read: the last hour, and what was promised."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from golive.kernel.ports import the
from golive.kernel.problems import Problem
from golive.respond.overview.pages.places import HOUR, Promise
from golive.ship.services.domain.manifest import Manifest
from golive.watch.telemetry.ports import TelemetryStore
from golive.watch.telemetry.queries import everywhere
from golive.watch.telemetry.queries.traffic import Overview, Traffic


def promise(manifest: Manifest, environment: str) -> Promise:
    """Return what the manifest promises for an environment."""
    slo = manifest.environment(environment).slo
    return Promise(slo.errors / 100, slo.slow.total_seconds() * 1000)


def last_hour(now: datetime, step: timedelta, sites: Sequence[str] = ()) -> dict[str, Overview] | None:
    """Return the traffic of these sites, or of all; None when the store does not answer."""
    try:
        return everywhere.overviews(the(TelemetryStore), until=now, span=HOUR, step=step, sites=sites)
    except (Problem, LookupError):
        return None


def seen_of(site: str, seen: dict[str, Overview] | None, now: datetime) -> Overview | None:
    """Return the traffic of one of them, which may be none."""
    return None if seen is None else seen.get(site) or Overview(site, now - HOUR, now, Traffic(), [], [])
