"""A pull starts the gathering."""

from datetime import datetime

from golive.kernel.durable import enqueue
from golive.kernel.events import subscribe
from golive.ship.releases.events import ReleasePulled


@subscribe(ReleasePulled)
def on_pull(news: ReleasePulled, at: datetime) -> None:  # noqa: ARG001  the signature of every subscriber
    """Gather at once."""
    enqueue("ship.evidence", key=news.release)
