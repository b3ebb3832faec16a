"""Knowing that visitors do not come through to processes that may all be well: the edge is down, or lacks a port.

mission: RESPOND-1
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from golive.kernel.events import announce
from golive.ship.traffic import queries
from golive.ship.traffic.domain import who_has
from golive.ship.traffic.events import EDGE, ReachNews, VisitorsBack, VisitorsCutOff
from golive.ship.traffic.models import CutOff, SiteRow

SURE: Final = timedelta(seconds=10)  # for so long before people are told, or told that it is over
MISSED: Final = timedelta(seconds=60)  # between two looks: golive itself was away, and everything is starting


def look(now: datetime) -> None:
    """Begin, tell and end what cuts visitors off."""
    edge = queries.edge()
    served = {row.pk: row for row in SiteRow.objects.all() if row.old or row.new}
    known = {one.subject: one for one in CutOff.objects.all()}
    if not edge.up:
        if served:  # nothing is known of single ports meanwhile
            _is_cut_off(EDGE, None, known.get(EDGE), now)
        return
    for subject in known.keys() | served.keys():
        row = served.get(subject)
        if row and row.port in edge.shut:
            _is_cut_off(subject, row, known.get(subject), now)
        elif subject in known:
            _is_well(known[subject], row, now)


def _is_cut_off(subject: str, row: SiteRow | None, one: CutOff | None, now: datetime) -> None:
    one = one or CutOff(subject=subject, since=now, seen=now)
    if not one.told and now - one.seen > MISSED:
        one.since = now
    one.seen, one.well_since = now, None
    with transaction.atomic():
        if not one.told and now - one.since >= SURE:
            one.told = True
            facts = {"since": one.since.isoformat(), **({"port": row.port} if row else {})}
            _tell(VisitorsCutOff, one, row, _words(row), facts, now)
        one.save()


def _is_well(one: CutOff, row: SiteRow | None, now: datetime) -> None:
    one.seen, one.well_since = now, one.well_since or now
    if one.told and now - one.well_since < SURE:
        one.save()
        return
    with transaction.atomic():
        if one.told:
            lasted = round((one.well_since - one.since).total_seconds())
            who = "The edge answers again" if one.subject == EDGE else "Visitors come through again"
            facts = {"since": one.since.isoformat(), "seconds": lasted}
            _tell(VisitorsBack, one, row, f"{who}, after {lasted} s.", facts, now)
        one.delete()


def _tell(
    news: type[ReachNews], one: CutOff, row: SiteRow | None, sentence: str, facts: dict[str, Any], at: datetime
) -> None:
    service, environment = (row.service, row.environment) if row else ("", "")
    announce(news(subject=one.subject, service=service, environment=environment, sentence=sentence, facts=facts), at=at)


def _words(row: SiteRow | None) -> str:
    if row is None:
        return (
            "The edge does not answer, so nobody comes through to any site. golive goes on starting it; why it ends is in "
            "edge/envoy.log and logs/golive-edge/out.log of golive's home."
        )
    return (
        f"The edge cannot listen on port {row.port}, so nobody comes through to {row.pk}. Another program has the port: "
        f"{who_has(row.port)}. Once that has ended the site serves within seconds."
    )
