"""What paging hears of incidents."""

from datetime import datetime

from golive.kernel.durable import wake
from golive.kernel.durable.registry import EVERY
from golive.kernel.events import subscribe
from golive.respond.incidents.events import (
    IncidentAcknowledged,
    IncidentMitigated,
    IncidentNews,
    IncidentOpened,
    IncidentResolved,
    IncidentRetriggered,
)
from golive.respond.oncall.events import OnCallChanged
from golive.respond.paging import operations


@subscribe(IncidentOpened, IncidentRetriggered)
def on_triggered(news: IncidentNews, at: datetime) -> None:
    """Ask level 1."""
    operations.begin(news.subject, severity=news.severity, at=at)


@subscribe(IncidentAcknowledged)
def on_acknowledged(news: IncidentAcknowledged, at: datetime) -> None:
    """Stop asking; tell the others who has it."""
    operations.stop(news.subject, seen_by=news.person, at=at)
    operations.tell(news.subject, act="acknowledge", sentence=news.sentence, at=at, except_for=news.person)


@subscribe(IncidentMitigated)
def on_mitigated(news: IncidentMitigated, at: datetime) -> None:
    """Users are safe: level 2 may sleep. Whoever was asked hears it."""
    wake(operations.ESCALATION, key=news.subject)
    operations.tell(news.subject, act="notice", sentence=f"Users are safe: {news.sentence}", at=at)


@subscribe(IncidentResolved)
def on_resolved(news: IncidentResolved, at: datetime) -> None:
    """It is over."""
    operations.stop(news.subject, seen_by=news.person, at=at)
    operations.tell(news.subject, act="resolve", sentence=news.sentence, at=at)


@subscribe(OnCallChanged)
def on_list_changed(_news: OnCallChanged, _at: datetime) -> None:
    """The watchdog's list follows at once."""
    wake("respond.paging.break-glass", key=EVERY)
