"""Asking for releases and acting on them. Everything is audited; verbs are idempotent."""

from golive.ship.releases.operations.arrows import ReleaseMoved
from golive.ship.releases.operations.create import Revision, deploy, queue
from golive.ship.releases.operations.verbs import (
    NoTarget,
    NotNow,
    approve,
    cancel,
    hold,
    maintenance,
    promote,
    pull,
    reject,
    resume,
    rollback,
    settle,
)

__all__ = [
    "NoTarget", "NotNow", "ReleaseMoved", "Revision", "approve", "cancel", "deploy", "hold", "maintenance", "promote",
    "pull", "queue", "reject", "resume", "rollback", "settle",
]  # fmt: skip
