"""Asking for releases and acting on them. Everything is audited; verbs are idempotent."""

from golive.ship.releases.operations.arrows import ReleaseMoved
from golive.ship.releases.operations.create import Revision, deploy, queue
from golive.ship.releases.operations.runs import Run, begin_run, end_run
from golive.ship.releases.operations.verbs import (
    NoTarget,
    NotNow,
    RollbackPlan,
    approve,
    cancel,
    give_way,
    hold,
    maintenance,
    plan_rollback,
    promote,
    pull,
    reject,
    resume,
    rollback,
    settle,
)

__all__ = [
    "NoTarget",
    "NotNow",
    "ReleaseMoved",
    "Revision",
    "RollbackPlan",
    "Run",
    "approve",
    "begin_run",
    "cancel",
    "deploy",
    "end_run",
    "give_way",
    "hold",
    "maintenance",
    "plan_rollback",
    "promote",
    "pull",
    "queue",
    "reject",
    "resume",
    "rollback",
    "settle",
]
