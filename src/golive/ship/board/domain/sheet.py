"""What the page of one release shows, made from facts that are already read: no query, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from golive.kernel.ui import draw, words
from golive.kernel.ui.draw import Lens, Mark, Plan, Station, Stretch
from golive.kernel.ui.draw import State as Mood
from golive.kernel.ui.parts import Act, Empty, Fact, Question, Staff, Tab
from golive.ship.board.domain import score, wording
from golive.ship.board.domain.wording import Standing
from golive.ship.releases.domain.states import CLOSED, MAIN, OUT_OF_TRAFFIC, UNDER_TRAFFIC, State
from golive.ship.releases.domain.work import PREPARED

if TYPE_CHECKING:
    from golive.ship.releases.queries import ReleaseView

FORGOTTEN = frozenset({State.VERIFIED, State.APPROVED})  # stations that only pass by on a way still to go
TABS = (
    ("new", "What is new"),
    ("gates", "Gates"),
    ("changes", "Changes"),
    ("approvals", "Approvals"),
    ("record", "Record"),
)
ROOM = 200  # characters: two lines under the title
NEXT = {
    State.WATCH_10M: "The first minutes are over",
    State.WATCH_1H: "The first hour is over",
    State.WATCH_24H: "Settled",
}


@dataclass(frozen=True)
class Entered:
    """A state that the release entered, from its record."""

    state: State
    at: datetime
    share: float = 0.0


@dataclass(frozen=True)
class Sheet:
    """The page above its tabs."""

    id: str
    name: str
    service: str
    environment: str
    version: str
    old: str
    revision: str
    subject: str
    badge: str
    state: Mood
    moving: bool
    title: str
    say: str
    more: str
    about: Sequence[str]
    stations: Sequence[Station]
    acts: Sequence[Act]
    now: datetime
    horizon: str = ""
    staffs: Sequence[Staff] = ()
    questions: Sequence[Question] = ()
    facts: Sequence[Fact] = ()
    note: str = ""
    note_state: Mood = "moving"
    seconds_left: float | None = None
    next: str = ""
    every: int = 0
    incident: str = ""
    tabs: Sequence[Tab] = ()
    tab: str = "new"
    empty_news: Empty = field(default_factory=lambda: Empty("Nothing new so far"))

    @property
    def tab_template(self) -> str:
        return f"board/tab_{self.tab}.html"


@dataclass(frozen=True)
class Facts:
    """All that was read for the page. `old` is the version it replaces; `serves` whether most visitors are on it now; `cause`
    the weightiest thing that only this release does.
    """

    release: ReleaseView
    old: str
    entered: Sequence[Entered]
    now: datetime
    acts: Sequence[Act] = ()
    serves: bool = False
    explanation: dict[str, Any] | None = None
    explained_at: float | None = None
    rivers: Sequence[Stretch] = ()
    marks: Sequence[Mark] = ()
    tab: str = "new"
    counts: dict[str, str] = field(default_factory=dict)
    incident: str = ""
    explore: str = ""
    cause: str = ""


def sheet(facts: Facts) -> Sheet:
    """Make the page."""
    release, state = facts.release, State(facts.release.state)
    trial = _trial(facts, state)
    weight = float(trial.explanation["evidence"]) if trial and state in UNDER_TRAFFIC else None
    standing = Standing(
        state,
        release.version,
        facts.old,
        release.environment,
        release.share,
        weight,
        facts.serves,
        release.sole,
        release.returned,
        bool(release.down),
        release.failing,
    )
    seen = score.lens(trial) if trial else None
    say, more = words.news(release.down or release.sentence, ROOM)
    address = f"/releases/{release.id}"
    return Sheet(
        id=release.id,
        name=f"{release.service} {release.version}",
        service=release.service,
        environment=release.environment,
        version=release.version,
        old=facts.old or "the release before",
        revision=release.revision[:8],
        subject=release.subject,
        badge=wording.badge(standing),
        state=wording.mood(state, down=standing.down or standing.failing),
        moving=state not in CLOSED,
        title=wording.title(standing),
        say=say,
        more=f"{more} {facts.cause}".strip() if state in OUT_OF_TRAFFIC or state is State.ROLLED_BACK else more,
        about=[f"{release.service}, {release.environment}", *([f"by {release.author}"] if release.author else [])],
        stations=stations(facts, state),
        acts=facts.acts,
        now=facts.now,
        horizon=_horizon(facts, trial, seen),
        staffs=score.staffs(trial) if trial else (),
        questions=score.questions(trial) if trial else (),
        facts=figures(release.facts) if state in CLOSED or state in OUT_OF_TRAFFIC else (),
        note=_note(release),
        note_state="suspicious" if release.needs_person or state in (State.ASKED, State.HELD) else "moving",
        seconds_left=_left(release, state, facts.now),
        next=_next(release, state),
        every=1 if state in UNDER_TRAFFIC | OUT_OF_TRAFFIC else 0,
        incident=facts.incident,
        tabs=[
            Tab(name, f"{address}?tab={key}#about", key == facts.tab, facts.counts.get(key, "")) for key, name in TABS
        ],
        tab=facts.tab,
        empty_news=_empty_news(release, facts.old, state),
    )


def _note(release: ReleaseView) -> str:
    """What it waits for, and what a person types who is not on this page."""
    typed = ", ".join(one.text for one in release.commands)
    return f"{release.waits_for} In a terminal: {typed}." if typed else release.waits_for


def _trial(facts: Facts, state: State) -> score.Trial | None:
    if facts.explanation is None or not facts.old:
        return None
    release, next_share = facts.release, None
    if state == State.STEP and release.step + 1 < len(release.steps):
        next_share = float(release.steps[release.step + 1]["share"])
    elif state == State.STEP:
        next_share = 1.0
    until = release.until.timestamp() if release.until and state == State.STEP and not release.frozen else None
    return score.Trial(
        new=release.version,
        old=facts.old,
        explanation=facts.explanation,
        at=facts.explained_at or facts.now.timestamp(),
        until=until,
        next_share=next_share,
        over=state not in UNDER_TRAFFIC,
        closed=state in CLOSED,
        full=state in wording.FULLY,
        share=release.share if state in OUT_OF_TRAFFIC | CLOSED and not facts.serves else None,
        here=f"/releases/{release.id}",
        explore=facts.explore,
    )


def _left(release: ReleaseView, state: State, now: datetime) -> float | None:
    if release.until is None or release.frozen or state in CLOSED or state == State.ASKED:
        return None
    seconds = (release.until - now).total_seconds()
    return seconds if seconds > 0 else None


def _next(release: ReleaseView, state: State) -> str:
    if state == State.STEP:
        last = release.step + 1 >= len(release.steps)
        return f"Next step, {'everyone' if last else words.percent(float(release.steps[release.step + 1]['share']))}, at the latest"
    if state == State.AWAITING_APPROVAL:
        return "It expires"
    return NEXT.get(state, "Decided")


def stations(facts: Facts, state: State) -> list[Station]:
    """The way passed, where it stands, and the way still to go."""
    passed = [e for e in facts.entered if e.state not in (state, State.AWAITING_APPROVAL)][-12:]
    here = next((e for e in reversed(facts.entered) if e.state == state), None)
    shown = [_passed(entry) for entry in _once(passed)]
    ends = state in CLOSED
    shown.append(_here(facts, state, here, last=ends))
    if not ends and state in MAIN:
        to = [s for s in MAIN[MAIN.index(state) + 1 :] if s not in FORGOTTEN and s != State.AWAITING_APPROVAL]
        shown += _to_go(facts.release, state, to)
    return shown


def _to_go(release: ReleaseView, state: State, to: Sequence[State]) -> list[Station]:
    """The states ahead, and each share that is planned for the canary."""
    done = release.step if state == State.STEP else -1
    shares = [float(step["share"]) for step in release.steps[done + 1 :] if float(step["share"]) < 1]
    ahead: list[Station] = []
    if state == State.STEP:
        ahead += [Station("Canary", "to", detail=words.percent(share)) for share in shares]
    for one in to:
        if one == State.STEP and shares:
            ahead += [Station("Canary", "to", detail=words.percent(share)) for share in shares]
        else:
            detail = wording.DETAIL.get(one, "")
            ahead.append(Station(wording.STATION[one], "to", detail=detail, last=one is to[-1]))
    return ahead


def _once(entries: Sequence[Entered]) -> list[Entered]:
    """Without the repeats of a step that only grew: each share once."""
    kept: list[Entered] = []
    for entry in entries:
        if not kept or (kept[-1].state, kept[-1].share) != (entry.state, entry.share):
            kept.append(entry)
    return kept


def _passed(entry: Entered) -> Station:
    mood: Mood | None = None
    if entry.state in UNDER_TRAFFIC | OUT_OF_TRAFFIC | {State.RESUMED, State.ROLLED_BACK}:
        mood = wording.mood(entry.state)
    detail = (
        words.percent(entry.share) if entry.state == State.STEP and entry.share else wording.DETAIL.get(entry.state, "")
    )
    name = "Approval asked" if entry.state == State.AWAITING_APPROVAL else wording.STATION[entry.state]
    return Station(name, "done", entry.at, detail, mood, entry.share)


def _here(facts: Facts, state: State, entry: Entered | None, *, last: bool) -> Station:
    release = facts.release
    at = entry.at if entry else release.entered_at
    progress = 0.0
    if release.until and release.until > at:
        progress = (facts.now - at).total_seconds() / (release.until - at).total_seconds()
    detail = words.percent(release.share) if state == State.STEP else wording.DETAIL.get(state, "")
    return Station(
        wording.STATION[state],
        "here",
        at,
        detail,
        wording.mood(state),
        release.share,
        min(max(progress, 0.0), 1.0),
        last,
    )


def _horizon(facts: Facts, trial: score.Trial | None, seen: Lens | None) -> str:
    if not facts.rivers:
        return ""
    plans = []
    if trial and trial.until:
        plans.append(Plan(trial.until, words.percent(trial.next_share), "moving"))
    return draw.horizon(
        facts.now.timestamp(),
        facts.rivers,
        label="The line of time: 30 days past, now, and what is planned",
        marks=facts.marks,
        plans=plans,
        lens=_near_now(seen, facts),
    )


def _near_now(seen: Lens | None, facts: Facts) -> Lens | None:
    if seen is None:
        return None
    return Lens(seen.start, seen.end, facts.now.timestamp(), seen.zone)


def figures(facts: dict[str, Any]) -> list[Fact]:
    """The figures that matter after a pull, where they are known."""
    known = (
        ("failed requests", "failed_requests", words.count),
        ("failed, each customer once a minute", "failed_units", words.count),
        ("first failure to safe", "seconds_to_pull", words.duration),
        ("first failure to verdict", "seconds_to_verdict", words.duration),
        ("from commit to everyone", "lead_time_s", words.duration),
    )
    return [Fact(name, say(facts[key])) for name, key, say in known if isinstance(facts.get(key), int | float)]


def _empty_news(release: ReleaseView, old: str, state: State) -> Empty:
    if state in PREPARED | wording.READYING | {State.AWAITING_APPROVAL}:
        return Empty(
            "Nobody has used it yet",
            "When its first visitors come, golive compares them with those of the release before, each second.",
        )
    other = old or "the release before"
    if state in CLOSED and release.serving_at is None:
        return Empty("Nobody used it", "It ended before its first visitor, so there is nothing to compare.")
    if state in CLOSED:
        return Empty(
            "Nothing new was found",
            f"{release.version} showed no error, log pattern or slow route that {other} did not have as well.",
        )
    return Empty(
        "Nothing new so far",
        f"No error, log pattern or slow route in {release.version} that {other} does not have as well. What golive finds appears "
        "here with a count and an example.",
    )
