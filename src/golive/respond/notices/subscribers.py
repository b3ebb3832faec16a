"""What notices hear of releases."""

from datetime import datetime
from typing import Final

from golive.kernel.events import subscribe
from golive.respond.notices import operations
from golive.ship.releases.events import (
    ApprovalNeeded,
    ReleaseAsked,
    ReleaseCancelled,
    ReleaseExpired,
    ReleaseFailed,
    ReleaseFull,
    ReleaseHeld,
    ReleaseNews,
    ReleaseQueued,
    ReleaseRejected,
    ReleaseRolledBack,
    ReleaseSuperseded,
)
from golive.ship.services.domain.manifest import Occasion

TOLD: Final[dict[type[ReleaseNews], tuple[Occasion, str]]] = {
    ReleaseQueued: ("started", "was asked for"),
    ApprovalNeeded: ("approval", "waits for approval"),
    ReleaseFull: ("full", "serves everyone"),
    ReleaseFailed: ("failed", "failed before anyone saw it"),
    ReleaseRejected: ("failed", "was rejected"),
    ReleaseExpired: ("failed", "was not approved in time"),
    ReleaseCancelled: ("failed", "was stopped before anyone saw it"),
    ReleaseSuperseded: ("failed", "was overtaken by a newer one before anyone saw it"),
    ReleaseHeld: ("held", "is held, no release is to blame"),
    ReleaseAsked: ("held", "needs a decision"),
    ReleaseRolledBack: ("rolled_back", "was rolled back"),
}


@subscribe(*TOLD)
def on_news(news: ReleaseNews, at: datetime) -> None:
    """Tell the people around the release."""
    if isinstance(news, ReleaseSuperseded) and news.reason != "overtaken":
        return  # it has served: what there is to tell is that the newer one does now
    occasion, words = TOLD[type(news)]
    operations.tell(news, occasion=occasion, words=words, at=at)
