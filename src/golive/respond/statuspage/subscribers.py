"""What the status page hears."""

from datetime import datetime

from golive.kernel.events import subscribe
from golive.respond.incidents import queries as incidents
from golive.respond.incidents.domain import GRAVE
from golive.respond.incidents.events import (
    IncidentChanged,
    IncidentMitigated,
    IncidentNews,
    IncidentOpened,
    IncidentResolved,
    IncidentRetriggered,
)
from golive.respond.statuspage import domain, operations, queries
from golive.respond.statuspage.domain import Health
from golive.ship.releases.events import ReleaseFull, ReleaseNews, ReleaseServing
from golive.ship.services.domain.manifest import PRODUCTION


@subscribe(ReleaseServing, ReleaseFull)
def on_serving(news: ReleaseNews, at: datetime) -> None:
    """A production site appears on the page when it serves for the first time, be it without a step before."""
    if news.environment == PRODUCTION:
        operations.show_component(site=f"{news.service}/{news.environment}", name=news.service, at=at)


@subscribe(IncidentOpened, IncidentRetriggered)
def on_triggered(news: IncidentNews, at: datetime) -> None:
    """What users notice in production is said at once."""
    if news.environment != PRODUCTION or news.severity not in GRAVE:
        return
    health = Health.OUTAGE if news.severity == "SEV1" else Health.DEGRADED
    blames = incidents.get(news.subject).blames_release
    operations.begin_trouble(
        site=_site(news),
        name=news.service,
        incident=news.subject,
        health=health,
        text=domain.opening_words(_name(news), blames_release=blames, health=health),
        at=at,
    )


@subscribe(IncidentChanged)
def on_changed(news: IncidentChanged, at: datetime) -> None:
    """The page takes back that a release was the cause, and follows a severity that was changed by hand."""
    if news.state in {"MITIGATED", "RESOLVED"}:
        return
    spoken = operations.spoken_of(news.subject)
    if spoken and news.severity not in GRAVE:
        text = domain.mitigated_words(_name(news), blames_release=False)
        operations.end_trouble(incident=news.subject, state="mitigated", text=text, at=at)
        return
    on_triggered(news, at)
    if spoken and not incidents.get(news.subject).blames_release:
        for site in spoken:
            operations.say(
                incident=news.subject, site=site, state="identified", text=domain.cause_words(_name(news)), at=at
            )


@subscribe(IncidentMitigated)
def on_mitigated(news: IncidentMitigated, at: datetime) -> None:
    """Users are safe."""
    blames = incidents.get(news.subject).blames_release
    text = domain.mitigated_words(_name(news), blames_release=blames)
    operations.end_trouble(incident=news.subject, state="mitigated", text=text, at=at)


@subscribe(IncidentResolved)
def on_resolved(news: IncidentResolved, at: datetime) -> None:
    """It is over."""
    text = domain.resolved_words(_name(news))
    operations.end_trouble(incident=news.subject, state="resolved", text=text, at=at)


def _site(news: IncidentNews) -> str:
    return f"{news.service}/{news.environment}"


def _name(news: IncidentNews) -> str:
    """Return what the public calls the site: the service's own name may be an internal one."""
    return queries.name_of(_site(news)) or news.service
