"""The judge: is a release worse than the one it replaces, by its own traffic?  Pure: no I/O, no clock."""

from golive.ship.judge.domain.attempts import Timeline, parse
from golive.ship.judge.domain.checkpoint import CheckpointError
from golive.ship.judge.domain.config import Config
from golive.ship.judge.domain.facts import BOTH_WELL, Action, ActionKind, Attempt, Fault, Probe, Verdict
from golive.ship.judge.domain.judge import Judge

__all__ = [
    "BOTH_WELL",
    "Action",
    "ActionKind",
    "Attempt",
    "CheckpointError",
    "Config",
    "Fault",
    "Judge",
    "Probe",
    "Timeline",
    "Verdict",
    "parse",
]
