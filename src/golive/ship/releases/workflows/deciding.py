"""What the judge says becomes arrows: pull, hold, resume, roll back, ask."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from golive.kernel.access.roles import GOLIVE
from golive.kernel.durable import Outcome
from golive.kernel.problems import Problem
from golive.ship.judge.domain import BOTH_WELL, Action, ActionKind
from golive.ship.judge.operations import Session, keep_verdict, set_latency
from golive.ship.releases.domain.plan import Step, percent, steps_again
from golive.ship.releases.domain.states import (
    OUT_OF_TRAFFIC,
    RETURNABLE,
    UNDER_TRAFFIC,
    State,
)
from golive.ship.releases.domain.trouble import kind_of
from golive.ship.releases.domain.verbs import JUDGE_QUESTION
from golive.ship.releases.events import ReleaseAsked
from golive.ship.releases.models import Release
from golive.ship.releases.operations import arrows, jobs
from golive.ship.releases.workflows import memory
from golive.ship.releases.workflows.production import show, warm_up
from golive.ship.releases.workflows.steps import advance, align
from golive.ship.releases.workflows.trouble import serves_on, stays
from golive.ship.releases.workflows.turn import AT_ONCE, Turn, policy_of, subject_of
from golive.ship.traffic import operations as traffic
from golive.ship.traffic.ports import EdgeRefused

RESTART_S: Final = 10.0


def act(turn: Turn, session: Session, action: Action, faults: Sequence[tuple[str, str]] = ()) -> None:
    """Carry out one action of the judge, if the state still asks for it; `faults` are (release, kind) as of now."""
    state, kind = State(turn.release.state), action.kind
    if kind is ActionKind.HOLD:
        turn.note("blind", sentence=action.sentence)
        turn.set(waits_for=action.sentence)
    elif kind is ActionKind.ADVANCE and state == State.STEP:
        _may_advance(turn, session, action)
    elif kind is ActionKind.PULL and state in UNDER_TRAFFIC:
        pull(turn, session, action.reason, action.sentence, action)
    elif kind is ActionKind.ASK and state in UNDER_TRAFFIC:
        own = sorted({kind for release, kind in faults if release == turn.release.pk})
        serves_on(turn, session, kind_of(action.reason, action.numbers), own)
    elif state in OUT_OF_TRAFFIC:
        _decide(turn, session, action)


def _decide(turn: Turn, session: Session, action: Action) -> None:
    release = turn.release
    facts: dict[str, Any] = {"numbers": dict(action.numbers), "journal": session.journal.mark}
    keep = _keeper(turn, session, action)
    changes: dict[str, Any] = {"checkpoint": memory.checkpoint(session, turn.job)}
    match action.kind:
        case ActionKind.HELD if release.state != State.HELD:
            facts["began_with_release"] = session.judge.verdict().began_with_release
            turn.move(State.HELD, action.reason, action.sentence, facts, within=keep, **changes)
        case ActionKind.RESUME:
            turn.move(
                State.RESUMED,
                action.reason,
                action.sentence,
                facts,
                within=keep,
                resumes=release.resumes + 1,
                **changes,
            )
        case ActionKind.ASK:
            ask(turn, action.reason, action.sentence, facts, within=keep, **changes)
        case ActionKind.ROLLBACK:
            roll_back(turn, turn.place().old, action.reason, action.sentence, facts, within=keep)
        case _:
            pass


def ask(turn: Turn, reason: str, sentence: str, facts: dict[str, Any], **changes: Any) -> None:
    """Have a person decide of a release that is out of traffic: another try, or out."""
    answers = {"question": JUDGE_QUESTION, "answers": ["resume", "rollback"]}
    turn.move(State.ASKED, reason, sentence, facts | answers, question=JUDGE_QUESTION, **changes)


def _may_advance(turn: Turn, session: Session, action: Action) -> None:
    release, facts = turn.release, {"judge": dict(action.numbers)}
    if release.frozen:
        turn.set(facts=release.facts | {"may_advance": [release.resumes, release.step]})
        return
    if action.reason == "inconclusive" and turn.policy.ask_when_inconclusive:
        turn.tell(
            ReleaseAsked,
            "inconclusive",
            action.sentence,
            {"question": "step", "answers": ["promote", "rollback"], **facts},
            frozen=action.sentence,
        )
        return
    advance(turn, session, action.reason, action.sentence, facts | {"journal": session.journal.mark})


def pull(turn: Turn, session: Session, reason: str, sentence: str, action: Action | None = None) -> None:
    """Bring users back to the release before it, at once; reversible. What cannot go back serves on and says so."""
    release, place, decided = turn.release, turn.place(), turn.job.monotonic()
    old = place.old if place.new == release.pk else release.replaced
    found = kind_of(reason, action.numbers) if action else ""
    if not old:
        stays(turn, reason, f"{sentence} There is no release to go back to: it goes on serving.", found)
        return
    if old not in place.backends and not wake_up(turn, old, found):
        return
    verdict: list[int] = []

    def out() -> None:
        if action:
            verdict.append(keep_verdict(release=release.pk, session=session, action=action, at=turn.now))
        traffic.set_split(site=turn.site, old=old, new=release.pk, share=0.0, at=turn.now)

    first = session.first_bad_at
    facts = {
        "first_bad_at": _iso(first),
        "pulled_at": turn.now.isoformat(),
        "replaced": old,
        "seconds_to_pull": _between(first, turn.now),
        "failed_units": session.failed_units,
        "failed_requests": session.failed_requests,
        "requests": list(session.requests),
        "numbers": dict(action.numbers) if action else {},
        "journal": session.journal.mark,
        "was": release.state,
        "was_share": release.share,
    }
    sums = _sums(release, facts)
    turn.move(
        State.PULLED,
        reason,
        sentence,
        facts,
        within=out,
        share=0.0,
        pulled_at=turn.now,
        first_bad_at=release.first_bad_at or first,
        frozen="",
        checkpoint=memory.checkpoint(session, turn.job),
    )
    confirmed = align(turn, session)
    took = round((turn.job.monotonic() - decided) * 1000, 1)
    turn.set(facts=release.facts | sums | {"pull_ms": took})
    if verdict and confirmed is not None:
        set_latency(verdict=verdict[0], latency_ms=took)
    if release.full_at:
        turn.target.start_workers(subject_of(Release.objects.get(pk=old)), release.environment)


def _sums(release: Release, facts: dict[str, Any]) -> dict[str, Any]:
    """The figures of the release over all its pulls: time of the first, failures of every one."""
    before = release.facts
    sums = {name: facts[name] + before.get(name, 0) for name in ("failed_units", "failed_requests")}
    if before.get("seconds_to_pull") is not None:
        sums["seconds_to_pull"] = before["seconds_to_pull"]
    return sums


def wake_up(turn: Turn, release_id: str, found: str = "") -> bool:
    """Boot a release that is no longer warm; False when it does not start: then the present one serves on.

    `found` is what the judge has found against the present one.
    """
    row = Release.objects.get(pk=release_id)
    took = row.facts.get("boot_seconds")
    turn.set(waits_for=f"{row.version} starts first" + (f" (took {took} s last time)." if took else "."))
    try:
        replicas = turn.target.boot(subject_of(row), turn.release.environment)
    except Problem as problem:
        words = f"{row.version} does not start: {problem.detail} {turn.release.version} goes on serving."
        stays(turn, "target_does_not_start", words, found, but=row.pk)
        return False
    show(turn, replicas, row)
    return True


def roll_back(
    turn: Turn, target_id: str, reason: str, sentence: str, facts: dict[str, Any], *, by: str = "", within: Any = None
) -> None:
    """Out with it: the target serves, and its watch goes on.  mission: SHIP-5, SHIP-6."""
    release = turn.release
    target = Release.objects.get(pk=target_id)
    if target_id not in turn.place().backends and not wake_up(turn, target_id):
        return
    means = turn.target.rollback_means(release.service, release.environment, release.pk, target_id)
    options, kept = _settings_on_return(turn, target)
    now = turn.now

    def out() -> None:
        if within:
            within()
        if target.state in RETURNABLE:
            jobs.look(target_id, State.WATCH_10M)  # first, as its own turns lock it before site and row
        traffic.set_split(site=turn.site, old=target_id, new="", share=0.0, at=now, options=options)
        traffic.unlock(site=turn.site, release=release.pk)
        if target.state in RETURNABLE:
            _return(target, release, now)

    everything = facts | {
        "target": target_id,
        "target_version": target.version,
        "automatic": not by,
        "by": by or str(GOLIVE),
        "first_bad_at": _iso(release.first_bad_at),
        "pulled_at": _iso(release.pulled_at),
        "verdict_at": now.isoformat(),
        "seconds_to_verdict": _between(release.first_bad_at, now),
        "failed_units": release.facts.get("failed_units"),
        "database": means,
        "was": release.state,
    }
    turn.move(
        State.ROLLED_BACK,
        reason,
        f"{sentence} {target.version} serves{kept}.",
        everything,
        within=out,
        share=0.0,
        verdict_at=now,
        frozen="",
    )


def _settings_on_return(turn: Turn, target: Release) -> tuple[dict[str, Any] | None, str]:
    """Return a release's own settings for the edge; where another site took what they need, None: the present stay."""
    options = policy_of(target).edge
    try:
        traffic.check_settings(turn.site, options)
    except EdgeRefused as refusal:
        said = refusal.detail.rstrip(".")
        return None, f", by the edge's settings of {turn.release.version}, for its own cannot come back: {said}"
    return options, ""


def _return(target: Release, release: Release, at: datetime) -> None:
    """A rollback resumes the watch of the release it goes back to, with no further automatic step behind it."""
    arrows.move(
        target,
        State.WATCH_10M,
        at=at,
        reason="returned",
        sentence=f"It serves again because {release.version} was rolled back.",
        facts={"because_of": release.pk, "watched_from": at.isoformat()},
        returned=True,
        share=1.0,
        until=at + timedelta(seconds=policy_of(target).watch[0]),
    )


def resumed(turn: Turn) -> Outcome:
    """Fresh processes, warmed up, then a small share."""
    release, place = turn.release, turn.place()
    session = memory.recall(turn) or memory.begin(turn, place.old)
    key = f"fresh processes {release.resumes}"
    turn.job.step(key, lambda: _stop(turn))
    try:
        replicas = turn.target.boot(turn.subject, release.environment)
    except Problem as problem:
        sentence = f"{release.version} does not start again: {problem.detail} Users stay on the release before it."
        ask(turn, "does_not_start", sentence, {})
        return AT_ONCE
    show(turn, replicas)
    warm_up(turn, replicas)
    session.skip()
    steps = steps_again([Step(**one) for one in release.steps], cleared=release.reason == BOTH_WELL)
    share = steps[0].share
    turn.move(
        State.STEP,
        "resumed",
        f"{percent(share)} of the users are on {release.version} again, in fresh processes.",
        {"share": share, "step": 0, "step_count": len(steps), "resumes": release.resumes},
        within=lambda: traffic.set_split(site=turn.site, old=place.old, new=release.pk, share=share, at=turn.now),
        step=0,
        share=share,
        until=turn.deadline(steps[0].at_most),
        steps=[vars(step) for step in steps],
        pulled_at=None,
        checkpoint=memory.checkpoint(session, turn.job),
    )
    align(turn, session)
    return AT_ONCE


def _stop(turn: Turn) -> bool:
    turn.target.stop(turn.release.pk, turn.release.environment, grace_s=RESTART_S)
    return True


def _keeper(turn: Turn, session: Session, action: Action) -> Any:
    return lambda: keep_verdict(release=turn.release.pk, session=session, action=action, at=turn.now)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _between(start: datetime | None, end: datetime) -> float | None:
    return round((end - start).total_seconds(), 2) if start else None
