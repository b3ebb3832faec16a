"""Ending what runs for a release that a person cancels meanwhile, or that another engine has taken over.  mission: SHIP-6.

Builds, gates and verifications are cut off: all that they leave is made anew. A backup and a migration are not.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from django.db import connections

from golive.kernel.durable.worker import tidy_connection
from golive.kernel.log import get_logger
from golive.ship.commands.domain import Stop, Stopped
from golive.ship.releases.domain.verbs import Verb
from golive.ship.releases.models import Release
from golive.ship.releases.operations import ReleaseMoved
from golive.ship.releases.workflows.turn import Turn

logger = get_logger(__name__)
LOOK_S: Final = 0.5
TAKEN_OVER: Final = "another engine goes on with it"


@contextmanager
def stoppable(turn: Turn) -> Generator[Stop]:
    """Look into the state database, for the length of the block, whether what runs in it has to end.

    Raises ReleaseMoved when a person has cancelled it and LeaseLost when another engine has it.
    """
    why, ended = list[str](), threading.Event()

    def look() -> None:
        while not (why or ended.wait(LOOK_S)):
            try:
                why.extend(filter(None, [_why(turn)]))
            except Exception as error:  # noqa: BLE001  the database may be away for a while
                logger.warning("wishes_not_read", release=turn.release.pk, error=str(error))
            tidy_connection()
        connections.close_all()

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield lambda: why[0] if why else ""
    except Stopped as stopped:
        with turn.job.transaction():
            raise ReleaseMoved(f"{turn.release.version}: {stopped}") from stopped
    finally:
        ended.set()
        watcher.join()


def _why(turn: Turn) -> str:
    if not turn.job.is_held():
        return TAKEN_OVER
    wish = Release.objects.filter(pk=turn.release.pk).values_list("wish", flat=True).first() or {}
    return f"cancelled by {wish['by']}" if wish.get("verb") == Verb.CANCEL else ""
