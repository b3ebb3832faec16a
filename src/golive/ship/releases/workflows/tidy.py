"""Letting go of releases that serve nobody any more: drain, stop, forget."""

from concurrent.futures import Future, ThreadPoolExecutor, wait

from golive.ship.releases.workflows.turn import GRACE_S, Turn
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites

STOP_S = 10.0
GLANCE_S = 0.2  # how long a judge may look away
_pool = ThreadPoolExecutor(4, thread_name_prefix="leaving")
_ends: dict[tuple[str, str], Future[None]] = {}


def settle_leavers(turn: Turn, site: str, *, patient: bool = True) -> bool:
    """Stop what has left the split of a site and has answered its last request; True when nothing is left over.

    A process that takes its time to end is waited for only when `patient`; else the next call finds it ended.
    """
    seen = sites.site(site)
    if seen is None:
        return True
    gone = False
    for release in seen.leaving:
        if release in (seen.lock, ""):
            continue  # on its way in, not out
        if not traffic.drained(site, release, now=turn.now, limit_s=GRACE_S):
            continue
        if not _ended(turn, release, seen.environment, patient=patient):
            continue
        with turn.job.transaction():
            traffic.forget(site=site, release=release, at=turn.now)
        # Once more, for whoever tended it between the two.
        turn.target.stop(release, seen.environment, grace_s=STOP_S)
        gone = True
    if gone:
        traffic.apply()
        seen = sites.site(site)
    return seen is None or not [one for one in seen.leaving if one != seen.lock]


def _ended(turn: Turn, release: str, environment: str, *, patient: bool) -> bool:
    """End the processes of a release; False while they still do. Raises what keeps them from it."""
    key = (release, environment)
    if key not in _ends:
        _ends[key] = _pool.submit(turn.target.stop, release, environment, grace_s=STOP_S)
    if not wait([_ends[key]], None if patient else GLANCE_S).done:
        return False
    _ends.pop(key).result()
    return True
