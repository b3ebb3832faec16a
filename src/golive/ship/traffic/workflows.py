"""Keeping the edge true to the rows and its logs short, and knowing when visitors do not come through."""

from datetime import timedelta

from golive.kernel import clock
from golive.kernel.durable import every
from golive.kernel.log import get_logger
from golive.kernel.ports import the
from golive.ship.traffic.operations import apply, look
from golive.ship.traffic.ports import TrafficRouter

logger = get_logger(__name__)
LOG_BYTES = 64 * 1024 * 1024


@every("ship.traffic.reconcile", timedelta(seconds=5))
def reconcile() -> None:
    """Repair what a damaged file, an edge of another life or a late writer left different from the rows.

    Then look whether visitors come through, whatever became of the repair.
    """
    try:
        applied = apply()
        if applied.changed:
            logger.info("edge_reconciled", changed=list(applied.changed))
    finally:
        look(clock.now())


@every("ship.traffic.certificates", timedelta(hours=1))
def certificates() -> None:
    """Log what a person has to do about a certificate, the one of the public door included."""
    now = clock.now()
    for site, one in the(TrafficRouter).certificates().items():
        if one.warning(now):
            logger.warning("certificate_needs_attention", site=site, warning=one.warning(now))


@every("ship.traffic.rotate", timedelta(seconds=30))
def rotate() -> None:
    """Rotate the edge's logs."""
    the(TrafficRouter).rotate_logs(LOG_BYTES)
