"""Putting a judge to work on a release and keeping what it decides."""

from golive.ship.judge.operations.attempt_log import AttemptLog, Position
from golive.ship.judge.operations.journal import forget_journals
from golive.ship.judge.operations.session import Session, SiteFacts
from golive.ship.judge.operations.verdicts import keep_verdict, set_latency

__all__ = ["AttemptLog", "Position", "Session", "SiteFacts", "forget_journals", "keep_verdict", "set_latency"]
