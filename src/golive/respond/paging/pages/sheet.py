"""What the page of an incident shows: the answers that a person needs at 3 a.m., then the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from golive.kernel.ui import draw, words
from golive.kernel.ui.draw import Lens, Mark, Series, State, Stretch
from golive.kernel.ui.draw.scales import round_top
from golive.kernel.ui.parts import Act, Consequence, Fact, Moment, Staff
from golive.kernel.ui.plots import Plot
from golive.respond.incidents.queries import IncidentView, TimelineView
from golive.respond.paging.queries import AttemptView
from golive.respond.statuspage.queries import UpdateView
from golive.ship.board.domain.sheet import figures
from golive.ship.releases.queries import ReleaseView
from golive.watch.telemetry.queries.traffic import Point

MOODS: dict[str, State] = {
    "TRIGGERED": "broken",
    "ACKNOWLEDGED": "suspicious",
    "MITIGATED": "moving",
    "RESOLVED": "serving",
}
WORDS = {
    "TRIGGERED": "Open, nobody has it",
    "ACKNOWLEDGED": "Being worked on",
    "MITIGATED": "Mitigated",
    "RESOLVED": "Resolved",
}
LINE_STATES: dict[str, State] = {
    "opened": "broken",
    "retriggered": "broken",
    "mitigated": "serving",
    "resolved": "serving",
}
SENT = {"QUEUED": "waiting", "CANCELLED": "not needed any more"}


@dataclass(frozen=True)
class Paged:
    """One message: who, by what, and how far it got."""

    who: str
    channel: str
    accepted: str
    delivered: str
    acknowledged: str
    error: str


@dataclass(frozen=True)
class Known:
    """All that was read. `points` are the site's requests round the incident."""

    incident: IncidentView
    timeline: Sequence[TimelineView]
    attempts: Sequence[AttemptView]
    now: datetime
    may_act: bool
    lens: Lens | None = None
    points: Sequence[Point] = ()
    promise_ms: float | None = None
    rivers: Sequence[Stretch] = ()
    deploys: Sequence[Mark] = ()
    said: Sequence[UpdateView] = ()
    evidence: dict[str, Any] | None = None
    release: ReleaseView | None = None


@dataclass(frozen=True)
class IncidentSheet:
    """The page."""

    id: str
    number: str
    title: str
    state: State
    state_word: str
    moving: bool
    severity: str
    site: str
    lead: str
    release: str
    broken: str
    broken_detail: str
    since: str
    since_detail: str
    did: str
    did_detail: str
    asked: str
    asked_detail: str
    acts: Sequence[Act]
    moments: Sequence[Moment]
    pages: Sequence[Paged]
    horizon: str = ""
    staffs: Sequence[Staff] = ()
    facts: Sequence[Fact] = ()
    said: Sequence[UpdateView] = ()
    note_path: str = ""
    word_path: str = ""
    evidence: dict[str, Any] | None = field(default=None)


def sheet(known: Known) -> IncidentSheet:
    """Make the page."""
    one = known.incident
    safe = one.mitigated_at is not None
    who = one.acknowledged_by
    ended = one.mitigated_at or one.resolved_at
    return IncidentSheet(
        id=one.id,
        number=f"#{one.number}",
        title=f"{one.title}.",
        state=MOODS[one.state],
        state_word=WORDS[one.state],
        moving=one.is_open,
        severity=one.severity,
        site=one.site.replace("/", " "),
        lead=who,
        release=f"/releases/{one.release}" if one.release else "",
        broken="Nothing any more" if safe or not one.is_open else _broken(one),
        broken_detail=_was(known.evidence) if known.evidence and (safe or not one.is_open) else one.sentence,
        since=f"{words.clock(one.opened_at)}{f', for {words.duration(ended - one.opened_at)}' if ended else ''}",
        since_detail=f"opened {words.ago(one.opened_at, known.now)}"
        + (f", safe {words.ago(ended, known.now)}" if ended else ""),
        did=_did(known),
        did_detail=_told(known),
        asked=_asked(one)[0],
        asked_detail=_asked(one)[1],
        acts=acts(one) if known.may_act and one.is_open else (),
        moments=[_moment(line) for line in known.timeline],
        pages=[_paged(attempt) for attempt in known.attempts],
        horizon=_horizon(known),
        staffs=_staffs(known),
        facts=figures(one.facts | (known.release.facts if known.release else {})),
        said=known.said,
        note_path=f"/incidents/{one.id}/note" if known.may_act else "",
        word_path=f"/statuspage/updates/{known.said[0].id}/words" if known.may_act and known.said else "",
        evidence=known.evidence,
    )


def _broken(one: IncidentView) -> str:
    return f"{one.service} {one.environment}".strip() or one.title


def _was(evidence: dict[str, Any]) -> str:
    sentence = str(evidence["sentence"])
    return f"Was: {sentence[:1].lower() if sentence[1:2].islower() else sentence[:1]}{sentence[1:]}"


def _did(known: Known) -> str:
    one, release = known.incident, known.release
    if release and release.state == "ROLLED_BACK":
        return f"Pulled and rolled back {one.version}"
    pulled = release is not None and release.pulled_at is not None
    if pulled and not one.blames_release:
        return f"Pulled {one.version}, blamed no release"
    if pulled:
        return f"Pulled {one.version}"
    return "Opened this and called people"


def _told(known: Known) -> str:
    people = list(dict.fromkeys(attempt.person for attempt in known.attempts if attempt.accepted_at))
    told = f"paged {', '.join(people[:3])}" if people else "has reached nobody yet"
    return f"{told}, posted on the status page" if known.said else told


def _asked(one: IncidentView) -> tuple[str, str]:
    if not one.is_open:
        return "Nothing", f"resolved {words.clock(one.resolved_at)}" if one.resolved_at else ""
    if one.acknowledged_at is None:
        return "Say “I have it”", "then nobody else is paged"
    if one.mitigated_at is None:
        return "Make users safe", "then say so here"
    if one.blames_release:
        return "Fix it and ship again", "resolve when you are sure"
    return "Find the cause", "resolve when you are sure"


def acts(one: IncidentView) -> list[Act]:
    """The buttons: the next thing to say is the main one."""
    path = f"/incidents/{one.id}"
    have = Act("ack", "I have it", f"{path}/ack", main=one.acknowledged_at is None)
    safe = Act("mitigate", "Users are safe", f"{path}/mitigate", main=one.acknowledged_at is not None)
    then = (
        Consequence("Status page", "Says that it is over"),
        Consequence("Pages", "Stop; nobody is asked again"),
        Consequence("Undo", "Trouble of the same kind opens a new incident"),
    )
    end = Act(
        "resolve",
        f"Resolve #{one.number}",
        f"{path}/resolve",
        main=one.mitigated_at is not None and one.acknowledged_at is not None,
        question=f"Resolve #{one.number}?",
        says="It stays in the record.",
        consequences=then,
        keep="Not yet",
    )
    shown = [
        end,
        *([safe] if one.mitigated_at is None else []),
        *([have] if one.acknowledged_at is None else []),
    ]
    return sorted(shown, key=lambda act: act.main)


def _moment(line: TimelineView) -> Moment:
    kind = line.kind.rpartition(".")[2]
    state = LINE_STATES.get(kind)
    if line.kind.startswith("release."):
        state = {"pulled": "broken", "rolled-back": "broken", "held": "suspicious"}.get(kind, "moving")  # type: ignore[assignment]
    return Moment(line.at, line.text, state=state, who="" if state else line.actor)


def _paged(attempt: AttemptView) -> Paged:
    def after(moment: datetime | None) -> str:
        return words.duration(moment - attempt.created_at) if moment else ""

    accepted = after(attempt.accepted_at) or SENT.get(attempt.state, attempt.state.lower())
    channel = f"{attempt.channel_name}, level {attempt.level}" + (
        f", {attempt.act}" if attempt.act != "trigger" else ""
    )
    return Paged(
        attempt.person,
        channel,
        accepted,
        after(attempt.delivered_at),
        after(attempt.acked_at),
        attempt.error,
    )


def _horizon(known: Known) -> str:
    if not known.rivers and known.lens is None:
        return ""
    one = known.incident
    marks = [Mark(one.opened_at.timestamp(), f"#{one.number}", "broken"), *known.deploys]
    return draw.horizon(
        known.now.timestamp(),
        known.rivers,
        label="The line of time with this incident",
        marks=marks,
        lens=known.lens,
    )


def _staffs(known: Known) -> list[Staff]:
    lens, points = known.lens, known.points
    if lens is None or not any(point.requests for point in points):
        return []
    one = known.incident
    marks = [
        Mark(one.opened_at.timestamp(), state="broken"),
        *(Mark(m.timestamp()) for m in (one.mitigated_at, one.resolved_at) if m),
    ]
    failed = Series(
        "failed",
        [(p.at.timestamp(), 100 * p.errors / p.requests if p.requests else None) for p in points],
        "broken" if any(p.errors for p in points) else None,
        area=True,
    )
    late = Series("p95", [(p.at.timestamp(), p.p95_ms if p.requests else None) for p in points])
    explore = f"/explore?site={one.site}"

    def plot(line: Series, unit: str, **chart: Any) -> Plot:
        return Plot(draw.time_chart(lens, [line], marks=marks, **chart), lens, [line], unit, explore=explore)

    def percent(value: float) -> str:
        return words.percent(value / 100)

    top = round_top(max([1.0, *(v for _, v in failed.readings if v is not None)]))
    limit = (known.promise_ms, f"promised {words.milliseconds(known.promise_ms)}") if known.promise_ms else None
    share = plot(failed, "percent", label="Share of failed requests", say=percent, top=top)
    speed = plot(late, "ms", label="p95", say=words.milliseconds, limit=limit)
    unit = "now" if lens.sees(lens.now) else "at the end"
    return [
        _staff("Failed requests", "both releases together", share, failed, percent, unit),
        _staff("p95", "of all requests", speed, late, words.milliseconds, unit),
    ]


def _staff(name: str, detail: str, plot: Plot, series: Series, say: Any, unit: str) -> Staff:
    known = [(t, v) for t, v in series.readings if v is not None]
    peak_at, peak = max(known, key=lambda reading: reading[1])
    return Staff(
        name,
        detail,
        plot,
        big=say(known[-1][1]),
        unit=unit,
        says=[f"peak {say(peak)} at {words.clock(words.stamp(peak_at))}"],
    )
