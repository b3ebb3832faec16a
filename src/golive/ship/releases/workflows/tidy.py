"""Letting go of releases that serve nobody any more: drain, stop, forget."""

from golive.ship.releases.workflows.turn import GRACE_S, Turn
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites

STOP_S = 10.0


def settle_leavers(turn: Turn, site: str) -> bool:
    """Stop what has left the split of a site and has answered its last request; True when nothing is left over."""
    seen = sites.site(site)
    if seen is None:
        return True
    gone = False
    for release in seen.leaving:
        if release in (seen.lock, ""):
            continue  # on its way in, not out
        if not traffic.drained(site, release, now=turn.now, limit_s=GRACE_S):
            continue
        turn.target.stop(release, seen.environment, grace_s=STOP_S)
        with turn.job.transaction():
            traffic.forget(site=site, release=release, at=turn.now)
        # Once more, for whoever tended it between the two.
        turn.target.stop(release, seen.environment, grace_s=STOP_S)
        gone = True
    if gone:
        traffic.apply()
        seen = sites.site(site)
    return seen is None or not [one for one in seen.leaving if one != seen.lock]
