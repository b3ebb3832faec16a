"""Having the edge take a release's own settings; what it refuses leaves rows and edge as they were.  mission: SHIP-4."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from golive.kernel.durable import Outcome
from golive.kernel.ports import the
from golive.ship.releases.domain.policy import changed_keys
from golive.ship.releases.workflows.turn import Turn
from golive.ship.services import queries as services
from golive.ship.traffic import operations as traffic
from golive.ship.traffic.ports import EdgeRefused, TrafficRouter

AWAY_S: Final = 2.0


def edge_is_away(turn: Turn) -> Outcome | None:
    """Wait while no edge runs: it would find settings at its start that nobody has seen it take."""
    if the(TrafficRouter).ready():
        return None
    return turn.wait_for("The edge does not answer at this moment; this one goes on when it does.", AWAY_S)


def take(turn: Turn, site: str, options: dict[str, Any], write: Callable[[], None]) -> None:
    """Write a site's row with `write`, by which the release is to serve with `options`, and have the edge take it.

    The site moves to the port of its environment with that.

    Raises EdgeRefused that names the keys of golive.toml and has Envoy's words; then the site is as it was before, and
    the release is not in it. A death in between changes nothing of that: what was there before is kept with the change.
    """
    traffic.check_tls(site, options)
    key = _key(site)
    with turn.job.transaction():
        present = traffic.image(site)
        before = turn.job.checkpoint.get(key) or present
        split = present["old"], present["new"]
        if turn.release.pk not in split and not traffic.still_serves(before, *split):
            before = present  # others have changed who serves since that was kept
        turn.job.save({**turn.job.checkpoint, key: before})
        traffic.set_port(site=site, port=services.environment(*site.split("/")).port)
        write()
    try:
        traffic.apply()
    except EdgeRefused as refusal:
        with turn.job.transaction():
            put_back(turn, site)
        try:
            traffic.apply()
        except EdgeRefused:  # another site's trouble, not this release's
            raise refusal from None
        raise _named(refusal, site, changed_keys(before["options"], options)) from refusal


def put_back(turn: Turn, site: str) -> None:
    """Undo a `take`, in the caller's transaction, for a release that ends before users came; idempotent."""
    before = turn.job.checkpoint.get(_key(site))
    if before:
        traffic.put_back(site=site, release=turn.release.pk, image=before, at=turn.now)


def wait_outside(turn: Turn, site: str) -> None:
    """Undo a `take` of a release that has to wait after all: what serves meanwhile does so by its own settings."""
    key = _key(site)
    before = turn.job.checkpoint.get(key)
    if not before:
        return
    with turn.job.transaction():
        traffic.put_back(site=site, release=turn.release.pk, image=before, at=turn.now, stays=True)
        turn.job.save({name: value for name, value in turn.job.checkpoint.items() if name != key})
    with suppress(EdgeRefused):  # another site's trouble: it is tried again every few seconds
        traffic.apply()


def _key(site: str) -> str:
    return f"{site} before"


def _named(refusal: EdgeRefused, site: str, keys: tuple[str, ...]) -> EdgeRefused:
    if not keys:
        return refusal
    named = ", ".join(f"`{key}`" for key in keys)
    said = named if len(keys) == 1 else f"one of {named}"
    return EdgeRefused(
        f"The edge refused {said} of [environments.{site.rpartition('/')[2]}] in golive.toml. Envoy says: {refusal.detail}",
        hint="Change it and deploy again; what served before goes on serving, by its own settings.",
    )
