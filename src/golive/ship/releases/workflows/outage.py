"""Knowing that what has served for long serves nobody any more, when no release is in the judge's sight.

Its processes are started again all the time (`tend`); this tells people when that does not help.  mission: RESPOND-1.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from golive.kernel import clock
from golive.kernel.durable import every
from golive.kernel.log import get_logger
from golive.kernel.ports import the
from golive.kernel.problems import Problem
from golive.ship.releases import events
from golive.ship.releases.domain.states import CLOSED
from golive.ship.releases.models import Outage, Release
from golive.ship.releases.operations.arrows import tell
from golive.ship.releases.ports import Target
from golive.ship.traffic import queries as sites
from golive.ship.traffic.queries import SiteView

logger = get_logger(__name__)
PERIOD: Final = timedelta(seconds=10)
SURE: Final = timedelta(seconds=20)  # for so long it is down before people are told, or well before they may rest
MISSED: Final = timedelta(seconds=60)  # between two looks: golive itself was away, and everything is starting
DOES: Final = {
    "crash_loop": ("crashes again and again", "crash again and again"),
    "readiness_lost": ("does not answer", "do not answer"),
    "database_connection": ("cannot reach its database", "cannot reach their database"),
    "gone": ("is gone", "are gone"),
}


@every("ship.outage", PERIOD)
def look_regularly() -> None:
    """Look at every site."""
    look(clock.now())


def look(now: datetime) -> None:
    """Look at every site once: begin, tell and end outages."""
    known = {one.site: one for one in Outage.objects.select_related("release")}
    for site in sites.sites():
        try:
            _look_at(site, known.get(site.id), now)
        except (Problem, OSError) as error:
            logger.warning("look_failed", site=site.id, exc_info=error)


def _look_at(site: SiteView, outage: Outage | None, now: datetime) -> None:
    if outage and outage.release_id != site.serving:
        _end(outage, now, site.serving)
        return
    if outage and site.maintenance and not outage.told:
        outage.delete()
        return
    release = outage.release if outage else _unwatched(site)
    if release is None:
        return
    faults = _all_broken(site, release)
    if faults:
        _is_down(site, release, faults, outage, now)
    elif outage:
        _is_well(outage, now)


def _unwatched(site: SiteView) -> Release | None:
    """Return the release that has to serve here though no judge looks; None in planned maintenance."""
    if site.maintenance or (site.old and site.new):
        return None
    release = Release.objects.filter(pk=site.serving, state__in=CLOSED).first()
    return release if release and release.site == site.id else None


def _all_broken(site: SiteView, release: Release) -> list[str]:
    """Return the fault of each replica when none works, else nothing."""
    replicas = site.backends.get(release.pk, ())
    wrong = dict(the(Target).faults(release.pk, site.environment))
    kinds = [wrong[one.id] for one in replicas if one.id in wrong]
    return kinds if len(kinds) == len(replicas) else []


def _is_down(site: SiteView, release: Release, faults: Sequence[str], outage: Outage | None, now: datetime) -> None:
    outage = outage or Outage(site=site.id, release=release, since=now, seen=now)
    if not outage.told and now - outage.seen > MISSED:
        outage.since = now
    outage.seen, outage.well_since = now, None
    with transaction.atomic():
        if not outage.told and now - outage.since >= SURE:
            outage.told, outage.sentence = True, f"{_words(faults)} golive goes on starting what has ended."
            tell(
                release,
                events.ReleaseDown,
                at=now,
                reason="down",
                sentence=outage.sentence,
                facts={"since": outage.since.isoformat(), "replicas": len(faults), "faults": sorted(set(faults))},
            )
        outage.save()


def _is_well(outage: Outage, now: datetime) -> None:
    outage.seen, outage.well_since = now, outage.well_since or now
    if not outage.told or now - outage.well_since >= SURE:
        _end(outage, now, outage.release_id)
    else:
        outage.save()


def _end(outage: Outage, now: datetime, by: str) -> None:
    with transaction.atomic():
        if outage.told:
            lasted = round((now - outage.since).total_seconds())
            again = "It serves again" if by == outage.release_id else "Another release serves"
            tell(
                outage.release,
                events.ReleaseBack,
                at=now,
                reason="back",
                sentence=f"{again}, after {lasted} s.",
                facts={"since": outage.since.isoformat(), "seconds": lasted, "by": by},
            )
        outage.delete()


def _words(faults: Sequence[str]) -> str:
    """Return what the replicas do, such as "Both of its replicas crash again and again."."""
    if len(faults) == 1:
        return f"Its replica {DOES[faults[0]][0]}."
    counted = Counter(faults).most_common()
    if len(counted) == 1:
        all_of = "Both" if len(faults) == 2 else f"All {len(faults)}"
        return f"{all_of} of its replicas {DOES[faults[0]][1]}."
    each = ", ".join(f"{n} {DOES[kind][n > 1]}" for kind, n in counted)
    return f"None of its {len(faults)} replicas works: {each}."
