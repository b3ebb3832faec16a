"""What processes wrote, kept for as long as somebody may need the file itself."""

import shutil
from datetime import datetime
from pathlib import Path

from golive.kernel.config import settings
from golive.kernel.ports import the
from golive.ship.replicas import queries
from golive.ship.replicas.ports import ProcessKeeper


def forget_output(*, before: datetime) -> int:
    """Remove the output of processes that are gone and wrote nothing since `before`; returns of how many.

    The store has it long since, and holds each file open that is there.
    """
    known, gone = {state.id for state in the(ProcessKeeper).list()}, 0
    for label in settings().logs.glob(f"*/{queries.OUTPUT}.meta.json"):
        folder = label.parent
        if folder.name not in known and _last_written(folder) < before.timestamp():
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone


def _last_written(folder: Path) -> float:
    return max(path.stat().st_mtime for path in folder.iterdir())
