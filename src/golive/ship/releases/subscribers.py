"""What releases listen to."""

from datetime import datetime

from golive.kernel.events import subscribe
from golive.ship.approvals.events import ApprovalDecided
from golive.ship.releases.operations import jobs


@subscribe(ApprovalDecided)
def on_decision(news: ApprovalDecided, at: datetime) -> None:  # noqa: ARG001  the signature of every subscriber
    """Have the engine look at once."""
    jobs.nudge(news.subject)
