"""Letting go of what nobody asks for any more, so that files, open files and rows stay in bounds over the years."""

from datetime import datetime, timedelta
from typing import Final

from golive.kernel import clock
from golive.kernel.config import settings
from golive.kernel.durable import every, forget_closed
from golive.kernel.log import get_logger
from golive.ship.judge.operations import forget_journals
from golive.ship.releases.domain.states import CLOSED
from golive.ship.releases.models import Release
from golive.ship.replicas.operations import forget_output

logger = get_logger(__name__)
OUTPUT: Final = timedelta(days=2)  # of a process that is gone; the store has it within seconds of its life
LOGS: Final = timedelta(days=90)  # of builds, gates, migrations
WORK: Final = timedelta(days=90)  # jobs that are done, with what the judge knew at its end
JOURNALS: Final = 4 * 1024**3  # bytes; what the judges were told, the newest first


@every("ship.housekeeping", timedelta(hours=1))
def keep_house() -> None:
    """Remove what is too old or too much; what is served, open or recorded is never touched."""
    now = clock.now()
    moving = set(Release.objects.exclude(state__in=CLOSED).values_list("pk", flat=True))
    gone = {
        "output": forget_output(before=now - OUTPUT),
        "journals": forget_journals(but=moving, most_bytes=JOURNALS),
        "logs": _forget_logs(before=now - LOGS),
        "jobs": forget_closed(before=now - WORK),
    }
    if any(gone.values()):
        logger.info("house_kept", **gone)


def _forget_logs(*, before: datetime) -> int:
    gone = 0
    for path in (*settings().gates.glob("*.log"), *(settings().logs / "releases").glob("*/*.log")):
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            gone += 1
    return gone
