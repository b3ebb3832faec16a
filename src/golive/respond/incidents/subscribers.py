"""What incidents hear of releases, of the edge and of golive's own work."""

from datetime import datetime

from golive.kernel.durable.events import WorkGivenUp
from golive.kernel.events import subscribe
from golive.respond.incidents import domain, operations, queries
from golive.respond.incidents.domain import Severity, State
from golive.respond.incidents.operations import Subject
from golive.ship.releases.events import (
    ReleaseAsked,
    ReleaseBack,
    ReleaseConfirming,
    ReleaseDown,
    ReleaseFailed,
    ReleaseGoesOn,
    ReleaseHeld,
    ReleaseNews,
    ReleasePulled,
    ReleaseResumed,
    ReleaseRolledBack,
    ReleaseServing,
)
from golive.ship.traffic.events import ReachNews, VisitorsBack, VisitorsCutOff

OWN = "internal"  # the reason of what golive itself fails at


@subscribe(ReleasePulled)
def on_pulled(news: ReleasePulled, at: datetime) -> None:
    """Open, or join what this release has open."""
    _report(news, domain.of_pull(news.service, news.version, news.environment), at)


@subscribe(ReleaseHeld)
def on_held(news: ReleaseHeld, at: datetime) -> None:
    """Turn the pull's incident into one of the environment: nobody is paged twice for one trouble."""
    diagnosis = domain.of_hold(news.service, news.environment)
    known = _open_of(news)
    if known is None or known.state == State.MITIGATED:
        _report(news, diagnosis, at)
    else:
        operations.rediagnose(incident=known.id, diagnosis=diagnosis, sentence=news.sentence, at=at)


@subscribe(ReleaseResumed)
def on_resumed(news: ReleaseResumed, at: datetime) -> None:
    """The trouble that no release was to blame for has passed."""
    known = _open_of(news)
    if known is None:
        return
    if known.blames_release:
        operations.note(incident=known.id, text=news.sentence, kind=news.kind, at=at)
    else:
        operations.mitigate(incident=known.id, sentence=news.sentence, at=at)


@subscribe(ReleaseRolledBack)
def on_rolled_back(news: ReleaseRolledBack, at: datetime) -> None:
    """Users are safe for good. A roll back that a person asked for is no incident by itself.

    One that made way for a newer release ends no trouble of both releases: its incident stays open.
    """
    diagnosis = domain.of_roll_back(news.service, news.version, news.environment)
    known = _open_of(news)
    if known and news.reason == "superseded" and not known.blames_release:
        operations.note(incident=known.id, text=news.sentence, kind=news.kind, at=at)
        return
    if known is None:
        if not news.facts.get("automatic", False):
            return
        _report(news, diagnosis, at)
        known = _open_of(news)
    else:
        operations.rediagnose(incident=known.id, diagnosis=diagnosis, sentence=news.sentence, at=at)
    if known:
        operations.mitigate(incident=known.id, sentence=news.sentence, at=at)


@subscribe(ReleaseAsked)
def on_asked(news: ReleaseAsked, at: datetime) -> None:
    """A decision is needed: on the open incident, or as one of its own."""
    known = _open_of(news)
    diagnosis = domain.of_question(news.service, news.version, news.environment, news.facts)
    more = known is not None and _is_golives_own(known) and news.reason != OWN
    if known is None or known.state == State.MITIGATED or diagnosis.severity < known.severity or more:
        _report(news, diagnosis, at)
    else:
        operations.note(incident=known.id, text=f"A decision is needed: {news.sentence}", kind=news.kind, at=at)


@subscribe(ReleaseGoesOn)
def on_goes_on(news: ReleaseGoesOn, at: datetime) -> None:
    """There is nothing to decide any more, unless the incident is about more than golive's own failure."""
    known = _open_of(news)
    if known is None:
        return
    if _is_golives_own(known):
        operations.mitigate(incident=known.id, sentence=news.sentence, at=at)
    else:
        operations.note(incident=known.id, text=news.sentence, kind=news.kind, at=at)


@subscribe(ReleaseFailed)
def on_failed(news: ReleaseFailed, at: datetime) -> None:
    """An incident only when production was touched already."""
    diagnosis = domain.of_failure(news.service, news.version, news.facts)
    if diagnosis is not None:
        _report(news, diagnosis, at)


@subscribe(ReleaseDown)
def on_down(news: ReleaseDown, at: datetime) -> None:
    """What has served for long is down: the worst there is, whatever is open about the release already."""
    _report(news, domain.of_outage(news.service, news.version, news.environment), at)


@subscribe(ReleaseBack)
def on_back(news: ReleaseBack, at: datetime) -> None:
    """Users are served again."""
    known = _open_of(news)
    if known is not None:
        operations.mitigate(incident=known.id, sentence=news.sentence, at=at)


@subscribe(ReleaseConfirming, ReleaseServing)
def on_progress(news: ReleaseNews, at: datetime) -> None:
    """The timeline of an open incident tells what its release does meanwhile."""
    known = _open_of(news)
    if known is not None:
        operations.note(incident=known.id, text=news.sentence, kind=news.kind, at=at)


@subscribe(WorkGivenUp)
def on_work_given_up(news: WorkGivenUp, at: datetime) -> None:
    """A person has to try it again or let it go: one incident, however much of it there is."""
    operations.report(
        dedup_key="golive:work",
        diagnosis=domain.of_work_given_up(),
        subject=Subject(facts={"work": news.work, "key": news.key, "job": news.subject}),
        sentence=f"{news.work} {news.key} failed {news.tries} times ({news.error}) and is not tried again. What is "
        "missing without it, and how to try it again: the room Jobs, or `golive jobs list`.",
        at=at,
    )


@subscribe(VisitorsCutOff)
def on_cut_off(news: VisitorsCutOff, at: datetime) -> None:
    """Nobody comes through, however well the release is: no release is blamed, and its own incidents are other ones."""
    operations.report(
        dedup_key=_reach(news),
        diagnosis=domain.of_cut_off(news.service, news.environment),
        subject=Subject(news.service, news.environment, facts=news.facts),
        sentence=news.sentence,
        at=at,
    )


@subscribe(VisitorsBack)
def on_visitors_back(news: VisitorsBack, at: datetime) -> None:
    """Users are served again."""
    known = queries.open_about(_reach(news))
    if known is not None:
        operations.mitigate(incident=known.id, sentence=news.sentence, at=at)


def _reach(news: ReachNews) -> str:
    return f"reach:{news.subject}"


def _is_golives_own(known: queries.IncidentView) -> bool:
    return known.facts.get("reason") == OWN and known.severity == Severity.SEV3


def _open_of(news: ReleaseNews) -> queries.IncidentView | None:
    return next((one for one in queries.of_release(news.release) if one.is_open), None)


def _report(news: ReleaseNews, diagnosis: domain.Diagnosis, at: datetime) -> None:
    operations.report(
        dedup_key=f"release:{news.release}",
        diagnosis=diagnosis,
        subject=Subject(
            news.service,
            news.environment,
            news.release,
            news.version,
            {**news.facts, "reason": news.reason},
        ),
        sentence=news.sentence,
        at=at,
    )
