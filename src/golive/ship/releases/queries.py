"""Reading releases, their rail, their record, and what serves where."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from golive.kernel.durable import queries as work
from golive.kernel.problems import NotFound
from golive.ship.approvals import queries as approvals
from golive.ship.approvals.queries import ApprovalView
from golive.ship.judge import queries as judge
from golive.ship.releases.domain.advice import Advice, Command, Waiting, advise, stopping
from golive.ship.releases.domain.plan import percent
from golive.ship.releases.domain.record import ChainCheck, Link, verify
from golive.ship.releases.domain.replay import Decision, Judged, is_same
from golive.ship.releases.domain.replay import sentence as replayed
from golive.ship.releases.domain.states import CLOSED, MAIN, MEANING, UNDER_TRAFFIC, State
from golive.ship.releases.domain.trouble import TROUBLE
from golive.ship.releases.domain.verbs import Verb, allowed
from golive.ship.releases.domain.work import RELEASE
from golive.ship.releases.models import Outage, Record, Release
from golive.ship.traffic import queries as sites
from golive.ship.traffic.queries import SiteView


@dataclass(frozen=True)
class ReleaseView:
    """A release as lists and events show it; shares are 0..1, `verbs` are possible now.

    `needs_person`: it goes no further by itself; `commands` are what a person may type then. `down` says what is wrong
    when it should serve, no judge looks any more, and none of its replicas works; `down_since` when that was first seen.
    `failing`: it serves, its requests fail, and golive does not go back from it.
    """

    id: str
    service: str
    environment: str
    version: str
    revision: str
    subject: str
    author: str
    requested_by: str
    digest: str
    state: str
    entered_at: datetime
    reason: str
    sentence: str
    waits_for: str
    share: float
    replaced: str
    steps: list[dict[str, float]]
    step: int
    until: datetime | None
    frozen: str
    question: str
    sole: bool
    returned: bool
    serving: bool
    open: bool
    facts: dict[str, Any]
    verbs: tuple[Verb, ...]
    committed_at: datetime | None
    created_at: datetime
    serving_at: datetime | None
    full_at: datetime | None
    first_bad_at: datetime | None
    pulled_at: datetime | None
    verdict_at: datetime | None
    closed_at: datetime | None
    needs_person: bool = False
    commands: tuple[Command, ...] = ()
    down: str = ""
    down_since: datetime | None = None
    failing: bool = False


@dataclass(frozen=True)
class Station:
    """A state of the rail: entered at `at`, None when it is still to come or was left out."""

    state: str
    at: datetime | None
    sentence: str
    share: float = 0.0


@dataclass(frozen=True)
class ReleasePage:
    """All that the page of a release is made from, but for the judge."""

    release: ReleaseView
    replaced: ReleaseView | None
    rail: list[Station]
    site: SiteView | None
    approval: ApprovalView | None
    verdicts: list[judge.VerdictView]


@dataclass(frozen=True)
class SiteStatus:
    """One place of a service: who serves, in which split, and what moves."""

    id: str
    service: str
    environment: str
    port: int
    serving: str
    serving_id: str
    share: float
    sentence: str
    maintenance: bool
    moving: list[ReleaseView] = field(default_factory=list)
    down: bool = False


def release(release_id: str) -> ReleaseView:
    """Return a release. Raises NotFound."""
    return _views([_row(release_id)])[0]


def releases(
    *, service: str = "", open_only: bool = False, limit: int = 50, before: datetime | None = None
) -> list[ReleaseView]:
    """Return releases, newest first; `open_only` leaves out those that have ended."""
    rows = Release.objects.all()
    if service:
        rows = rows.filter(service=service)
    if open_only:
        rows = rows.exclude(state__in=CLOSED)
    if before:
        rows = rows.filter(created_at__lt=before)
    return _views(list(rows[:limit]))


def these(release_ids: Collection[str]) -> list[ReleaseView]:
    """Return the releases with these ids that there are, newest first."""
    return _views(list(Release.objects.filter(pk__in=release_ids))) if release_ids else []


def versions(release_ids: Collection[str]) -> dict[str, str]:
    """Return the version of each of these releases that there is."""
    return dict(Release.objects.filter(pk__in=release_ids).values_list("pk", "version")) if release_ids else {}


def page(release_id: str) -> ReleasePage:
    """Return what the page of a release needs. Raises NotFound."""
    row = _row(release_id)
    replaced = Release.objects.filter(pk=row.replaced).first() if row.replaced else None
    return ReleasePage(
        release=_views([row])[0],
        replaced=_views([replaced])[0] if replaced else None,
        rail=rail(release_id, State(row.state)),
        site=sites.site(row.site),
        approval=approvals.latest(release_id),
        verdicts=judge.verdicts(release_id),
    )


def rail(release_id: str, state: State) -> list[Station]:
    """Return the way: each state entered, in order, then those still to come."""
    passed = [
        Station(
            entry.kind,
            entry.at,
            str(entry.facts.get("sentence") or MEANING[State(entry.kind)]),
            float(entry.facts.get("share") or 0.0),
        )
        for entry in record(release_id)
        if entry.kind in State.__members__
    ]
    if state in CLOSED or state not in MAIN:
        return passed
    return passed + [Station(s, None, MEANING[s]) for s in MAIN[MAIN.index(state) + 1 :]]


def record(release_id: str) -> list[Link]:
    """Return the record, oldest first."""
    return [
        Link(row.seq, row.at, row.kind, row.facts, row.previous, row.hash)
        for row in Record.objects.filter(release_id=release_id).order_by("seq")
    ]


def check_record(release_id: str) -> ChainCheck:
    """Walk the chain of a release's record. Raises NotFound."""
    _row(release_id)
    return verify(release_id, record(release_id))


def explain(release_id: str) -> dict[str, Any] | None:
    """Return what the judge knows now, None before it has begun."""
    return judge.explanation(release_id, _image(release_id))


@dataclass(frozen=True)
class Replay:
    """Decisions as they come out again; `same` when every one is as it was to the bit, None when none can be compared."""

    same: bool | None
    sentence: str
    decisions: list[dict[str, Any]]


def replay(release_id: str) -> Replay:
    """Judge a release again from what its judge was told. Raises NotFound."""
    row = _row(release_id)
    entries = record(release_id)
    chain = verify(release_id, entries)
    if not chain.holds:
        return Replay(False, f"Entry {chain.broken_at} of the record of {row.version} was changed.", [])
    marks = _marks(release_id, entries)
    try:
        again = judge.replay(release_id, marks)
    except judge.NotReplayable as problem:
        return Replay(False if problem.changed else None, f"{row.version}: {problem}", [])
    found = Judged(
        [Decision(**one) for one in again.decisions],
        [Decision(**one) for one in again.noted],
        [
            Decision(one.decision, one.reason, one.numbers)
            for one in judge.verdicts(release_id)
            if one.at >= again.began and (again.full_at is None or one.at <= again.full_at)
        ],
    )
    words = [replayed(found, again.seconds, row.version)]
    if again.full_at:
        words.append(f"The journal was full: nothing was kept from {again.full_at:%Y-%m-%d %H:%M} UTC on.")
    if not marks:
        words.append("No hash of its journal is kept, so nobody can say that it was not changed.")
    return Replay(is_same(found), " ".join(words), again.decisions)


def _marks(release_id: str, entries: Sequence[Link]) -> list[judge.Mark]:
    """Return what the journal was at the entries of the record that say so, and at the last moment that is known."""
    image = _image(release_id) or {}
    found = [(f"entry {entry.seq} of the record", entry.facts.get("journal")) for entry in entries]
    last = ("the last state of its judge", image.get("journal_mark"))
    return [judge.Mark(**mark, where=where) for where, mark in [*found, last] if mark]


def explained_at(release_id: str) -> datetime | None:
    """Return the moment that `explain` is about."""
    image = _image(release_id)
    return datetime.fromisoformat(image["at"]) if image else None


def _image(release_id: str) -> dict[str, Any] | None:
    """Return the judge's session as it was kept last."""
    job = work.latest(RELEASE, key=release_id)
    return job.checkpoint.get("session") if job else None


def status(service: str = "", *, limit: int | None = None) -> list[SiteStatus]:
    """Return every site, at most `limit`, with its split in words and the releases on their way to it."""
    moving = releases(service=service, open_only=True, limit=200)
    here = sites.sites(service, limit=limit)
    names = versions({release for site in here for release in (site.old, site.new) if release})
    down = set(Outage.objects.filter(told=True).values_list("site", "release_id"))
    failing = {one.id for one in moving if one.failing}
    found = []
    for site in here:
        broken = (site.id, site.serving) in down
        coming = [one for one in moving if (one.service, one.environment) == (site.service, site.environment)]
        found.append(
            SiteStatus(
                site.id,
                site.service,
                site.environment,
                site.port,
                names.get(site.serving, ""),
                site.serving,
                site.share if site.new else 1.0,
                f"{names[site.serving]} is down" if broken else _split(site, names, failing),
                site.maintenance is not None,
                coming,
                broken,
            )
        )
    edge = sites.edge()
    return [_as_reached(one, edge) for one in found]


def _as_reached(one: SiteStatus, edge: sites.EdgeView) -> SiteStatus:
    trouble = edge.trouble(one.port) if one.serving_id else ""
    return replace(one, sentence=f"nobody reaches it: {trouble}", down=True) if trouble else one


def _split(site: SiteView, names: dict[str, str], failing: Collection[str]) -> str:
    if site.maintenance:
        return "maintenance: visitors get a page"
    new, old = names.get(site.new, ""), names.get(site.old, "")
    if site.serving in failing:
        return f"requests fail: {names[site.serving]} serves, and there is nothing to go back to by itself"
    if not new:
        return f"{old} serves everyone" if old else "nobody serves yet"
    if site.share <= 0:
        return f"{old} serves everyone; {new} is out of traffic"
    if not old or site.share >= 1:
        return f"{new} serves everyone"
    return f"{new} {percent(site.share)}, {old} {percent(1 - site.share)}"


def _row(release_id: str) -> Release:
    row = Release.objects.filter(pk=release_id).first()
    if row is None:
        raise NotFound(f"There is no release {release_id}.")
    return row


def _views(rows: Sequence[Release]) -> list[ReleaseView]:
    now = sites.serving({row.site for row in rows})
    down = _down()
    return [_view(row, serving=now.get(row.site) == row.pk, down=down.get(row.pk)) for row in rows]


def _down() -> dict[str, Outage]:
    """Return the outage of each release that should serve and does not, as far as people were told."""
    return {one.release_id: one for one in Outage.objects.filter(told=True)}


def _advice(row: Release, verbs: tuple[Verb, ...]) -> Advice:
    trouble = row.facts.get(TROUBLE)
    return advise(
        Waiting(
            State(row.state),
            row.version,
            row.service,
            row.reason,
            row.question,
            row.frozen,
            began=bool(row.facts.get("began_with_release")),
            trouble=bool(trouble),
            to=trouble["to"] if trouble else "",
            verbs=verbs,
        )
    )


def _stopping(row: Release) -> str:
    wish = row.wish or {}
    return stopping(State(row.state), str(wish["by"])) if wish.get("verb") == Verb.CANCEL else ""


def _view(row: Release, *, serving: bool, down: Outage | None) -> ReleaseView:
    verbs = allowed(State(row.state), question=row.question, frozen=bool(row.frozen), sole=row.sole)
    advice = _advice(row, verbs)
    return ReleaseView(
        id=row.pk,
        service=row.service,
        environment=row.environment,
        version=row.version,
        revision=row.revision,
        subject=row.subject,
        author=row.author,
        requested_by=row.requested_by,
        digest=row.digest,
        state=row.state,
        entered_at=row.entered_at,
        reason=row.reason,
        sentence=row.sentence,
        waits_for=_stopping(row) or row.waits_for or advice.sentence,
        share=row.share,
        replaced=row.replaced,
        steps=row.steps,
        step=row.step,
        until=row.until,
        frozen=row.frozen,
        question=row.question,
        sole=row.sole,
        returned=row.returned,
        serving=serving,
        open=State(row.state) not in CLOSED,
        facts=row.facts,
        verbs=verbs,
        committed_at=row.committed_at,
        created_at=row.created_at,
        serving_at=row.serving_at,
        full_at=row.full_at,
        first_bad_at=row.first_bad_at,
        pulled_at=row.pulled_at,
        verdict_at=row.verdict_at,
        closed_at=row.closed_at,
        needs_person=advice.person,
        commands=advice.commands,
        down=down.sentence if down else "",
        down_since=down.since if down else None,
        failing=TROUBLE in row.facts and row.state in UNDER_TRAFFIC,
    )
