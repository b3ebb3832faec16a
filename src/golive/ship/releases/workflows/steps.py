"""Moving users: into traffic, from step to step, to all of them, and through the watch."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from golive.kernel.durable import Outcome
from golive.kernel.log import get_logger
from golive.kernel.ports import the
from golive.ship.judge.operations import Session
from golive.ship.releases.domain.plan import Step, full_share, held_back, partial_steps, percent
from golive.ship.releases.domain.states import MEANING, OUT_OF_TRAFFIC, WATCHES, State
from golive.ship.releases.domain.trouble import TROUBLE, found
from golive.ship.releases.models import Release
from golive.ship.releases.operations import ReleaseMoved, arrows
from golive.ship.releases.workflows import memory
from golive.ship.releases.workflows.elsewhere import written_elsewhere
from golive.ship.releases.workflows.prepare import make_way, wake_next
from golive.ship.releases.workflows.serving import edge_is_away, take, wait_outside
from golive.ship.releases.workflows.trouble import over
from golive.ship.releases.workflows.turn import AT_ONCE, Turn
from golive.ship.traffic import operations as traffic
from golive.ship.traffic.ports import EdgeRefused, TrafficRouter

logger = get_logger(__name__)
CONFIRM_S: Final = 5.0
BUSY_S: Final = 5.0
UNDECIDED: Final = OUT_OF_TRAFFIC | {State.RESUMED, State.ASKED, State.STEP, State.FULL}

FIRST_WATCH = "All users are on it and it is watched; as the first release it has none to go back to."


def warm(turn: Turn) -> Outcome:
    """Give it its first users, or all of them when nothing serves yet."""
    release, place = turn.release, turn.place()
    old = _serves(turn, place.old, place.new)
    before = Release.objects.filter(pk=old).first() if old else None
    waiting = (_undecided(turn, before) if before else None) or edge_is_away(turn)
    if waiting:
        wait_outside(turn, turn.site)
        return waiting
    _settle(turn)
    session = memory.begin(turn, old)
    steps = partial_steps(
        turn.policy.steps,
        first=not old,
        blue_green=turn.policy.blue_green,
        rate=session.rate,
        owners=turn.policy.owners_steps,
        quiet=session.quiet,
    )
    known = {"steps": [vars(step) for step in steps], "replaced": old, "sole": not old}
    facts = {
        "rate": session.rate,
        "quiet": session.quiet,
        "replaced": old,
        "shares": [step.share for step in steps],
    }

    def enter(share: float) -> None:
        _check_still(turn, before)
        if before is not None:
            _supersede(before, release, turn.now)
        edge, both = turn.policy.edge, bool(old)
        traffic.set_split(
            site=turn.site,
            old=old or release.pk,
            new=release.pk if both else "",
            share=share if both else 0.0,
            at=turn.now,
            options=edge,
        )

    if steps:
        share = steps[0].share
        turn.move(
            State.STEP,
            "first_step",
            _step_sentence(release, share, before),
            facts | {"share": share, "step": 0, "step_count": len(steps)},
            within=lambda: enter(share),
            checkpoint=memory.checkpoint(session, turn.job),
            step=0,
            share=share,
            serving_at=turn.now,
            until=turn.deadline(steps[0].at_most),
            **known,
        )
    else:
        share = full_share(hold_back=turn.policy.hold_back, control=_is_control(before))
        _full(turn, session, share, facts, lambda: enter(share), before, serving_at=turn.now, **known)
    align(turn, session)
    return AT_ONCE


def _serves(turn: Turn, old: str, new: str) -> str:
    """Return who serves beside this release, "" when none does: a first one is in the split before its users come."""
    present = new or old
    return "" if present == turn.release.pk else present


def _undecided(turn: Turn, before: Release) -> Outcome | None:
    """Wait while something is being decided of the release that serves, or a person's word on it is not done yet."""
    if before.state in UNDECIDED:
        return make_way(turn, before) or turn.wait_for(
            f"{before.version} is not decided yet ({before.state}); this one goes on after that.", BUSY_S
        )
    if before.wish:
        asked = f"{before.wish['by']} asked for a {before.wish['verb']} of {before.version}"
        return turn.wait_for(f"{asked}; this one goes on after that.", BUSY_S)
    return None


def _check_still(turn: Turn, before: Release | None) -> None:
    """Raise ReleaseMoved unless the site still serves `before` and nothing was asked of that one meanwhile."""
    seen = traffic.image(turn.site)
    row = Release.objects.select_for_update().filter(pk=before.pk).first() if before else None
    if _serves(turn, seen["old"], seen["new"]) != (before.pk if before else "") or (row and row.wish):
        raise ReleaseMoved(f"{turn.site} changed at this moment.")


def _settle(turn: Turn) -> None:
    """Have the edge take its settings before any user comes; as the first release it begins to serve by that.

    Raises EdgeRefused; then the site is as it was.
    """
    release, options = turn.release.pk, turn.policy.edge

    def write() -> None:
        seen = traffic.image(turn.site)
        split = {name: seen[name] for name in ("old", "new", "share")}
        if not (seen["old"] or seen["new"]):
            split["old"] = release
        traffic.set_split(site=turn.site, **split, at=turn.now, options=options)

    take(turn, turn.site, options, write)


def align(turn: Turn, session: Session) -> float | None:
    """Bring edge and judge to the committed split; returns milliseconds until the edge confirmed, None if it did not.

    Idempotent: another process that goes on here does the same again.
    """
    release, place = turn.release, turn.place()
    if session.aligned == place.version and session.share == release.share:
        return 0.0
    begin = turn.job.monotonic()
    applied = traffic.move(turn.site)
    confirmed = True
    try:
        the(TrafficRouter).confirm(applied.version, limit_s=CONFIRM_S)
    except EdgeRefused as problem:
        confirmed = False
        logger.warning("split_unconfirmed", site=turn.site, detail=problem.detail)
    ms = round((turn.job.monotonic() - begin) * 1000, 1)
    session.aligned = place.version
    if session.share != release.share or session.judge.state == "BASELINE":
        step = current_step(release)
        session.switch(release.share, switch_reason(release), at_least=step.at_least, at_most=step.at_most)
        # In one transaction: one that goes on after a kill between them would tell the split again.
        with turn.job.transaction():
            turn.note("split", share=release.share, confirmed=confirmed, ms=ms, version=applied.version)
            turn.job.save(memory.checkpoint(session, turn.job))
    return ms if confirmed else None


def switch_reason(release: Release) -> str:
    """Say to the judge why the weights changed."""
    if release.state == State.STEP:
        return "resume" if release.reason == "resumed" else "step"
    return "full" if release.state in (State.FULL, *WATCHES) else "pull"


def current_step(release: Release) -> Step:
    """Return the step in force; at 100 % there is nothing to move on to."""
    if release.state == State.STEP and 0 <= release.step < len(release.steps):
        return Step(**release.steps[release.step])
    return Step(1.0, 86_400.0 * 365, 86_400.0 * 365)


def advance(turn: Turn, session: Session, reason: str, sentence: str, facts: dict[str, Any]) -> None:
    """Go to the next step, or to everyone."""
    release, place = turn.release, turn.place()
    following = release.step + 1
    if following < len(release.steps):
        coming = Step(**release.steps[following])
        share = coming.share
        turn.move(
            State.STEP,
            reason,
            f"{_step_sentence(release, share, None)} {sentence}".strip(),
            facts | {"share": share, "step": following, "step_count": len(release.steps)},
            within=lambda: _share(turn, place.old, share),
            checkpoint=memory.checkpoint(session, turn.job),
            step=following,
            share=share,
            until=turn.deadline(coming.at_most),
            frozen="",
        )
    else:
        before = Release.objects.filter(pk=place.old).first()
        share = full_share(hold_back=turn.policy.hold_back, control=_is_control(before))
        _full(turn, session, share, facts, lambda: _share(turn, place.old, share), before, frozen="")
    align(turn, session)


def _is_control(before: Release | None) -> bool:
    """Say whether users may stay on the release before it for comparison: not in its trouble."""
    return before is not None and TROUBLE not in before.facts


def _full(
    turn: Turn,
    session: Session,
    share: float,
    facts: dict[str, Any],
    within: Callable[[], None],
    before: Release | None,
    **changes: Any,
) -> None:
    release = turn.release
    lead = (turn.now - release.committed_at).total_seconds() if release.committed_at else None

    def enter() -> None:
        within()
        if before:
            over(before, by=release, at=turn.now)

    lone = facts.get("quiet") and facts.get("replaced") and not facts.get("shares")
    quiet = " Nobody came in the last minutes, so there was no traffic to judge it by." if lone else ""
    turn.move(
        State.FULL,
        "full",
        f"{_who(release, share, before) or f'All users are on {release.version}'}.{quiet}",
        facts | {"share": share, "hold_back": round(1 - share, 4), "lead_time_s": lead},
        within=enter,
        checkpoint=memory.checkpoint(session, turn.job),
        step=-1,
        share=share,
        full_at=turn.now,
        **changes,
    )


def by_time(turn: Turn, session: Session | None) -> None:
    """FULL becomes a watch; a watch becomes the next one when its time is over; the last one settles."""
    release, state = turn.release, State(turn.release.state)
    if state == State.FULL:
        turn.target.start_workers(turn.subject, release.environment)
        _watch(turn, State.WATCH_10M, within=lambda: traffic.unlock(site=turn.site, release=release.pk))
        wake_next(turn.site)
        return
    if state not in WATCHES or release.until is None or turn.now < release.until or TROUBLE in release.facts:
        return
    if state == State.WATCH_10M:
        _watch(turn, State.WATCH_1H)
    elif state == State.WATCH_1H:
        # The comparison ends and the old release may go: from here on a rollback has to boot it first.
        _watch(turn, State.WATCH_24H, within=lambda: _alone(turn), share=1.0)
        if session:
            align(turn, session)
    else:
        turn.move(
            State.SETTLED,
            "settled",
            f"{release.version} was watched to the end; {found(release.facts)}.",
            {"journal": session.journal.mark} if session else None,
            checkpoint=memory.checkpoint(session, turn.job) if session else None,
        )
        memory.forget(release.pk)


def watch_until(turn: Turn, state: State, since: datetime) -> datetime:
    """Return when a stage of the watch ends."""
    return since + timedelta(seconds=turn.policy.watch[WATCHES.index(state)])


def _watch(turn: Turn, state: State, **changes: Any) -> None:
    since = turn.release.facts.get("watched_from") or turn.now.isoformat()
    until = watch_until(turn, state, datetime.fromisoformat(since))
    share, before = changes.get("share", turn.release.share), Release.objects.filter(pk=turn.place().old).first()
    whom, watched = _who(turn.release, share, before), MEANING[state].partition("; ")[2]
    alone = turn.release.sole and state in {State.WATCH_10M, State.WATCH_1H}
    lost, facts = written_elsewhere(turn, turn.release.environment) if state == State.WATCH_1H else ("", {})
    turn.move(
        state,
        "watch",
        f"{FIRST_WATCH if alone else f'{whom}; {watched}' if whom else MEANING[state]} {lost}".strip(),
        facts={"state": state, "until": until.isoformat(), "watched_from": since, **facts},
        until=until,
        **changes,
    )


def _who(release: Release, share: float, before: Release | None) -> str:
    """Say who is on which release while some are held back, "" while nobody is."""
    if share >= 1 or before is None:
        return ""
    return f"{percent(share)} of the users are on {release.version}, {held_back(share, before.version)}"


def _share(turn: Turn, old: str, share: float) -> None:
    traffic.set_split(site=turn.site, old=old, new=turn.release.pk, share=share, at=turn.now)


def _alone(turn: Turn) -> None:
    traffic.set_split(site=turn.site, old=turn.release.pk, new="", share=0.0, at=turn.now)


def _supersede(before: Release, by: Release, at: datetime) -> None:
    """End the watch of the release that serves now; what was found until then is kept."""
    if before.state in WATCHES:
        arrows.move(
            before,
            State.SUPERSEDED,
            at=at,
            reason="superseded",
            sentence=f"{by.version} takes over from {before.version}; {found(before.facts)} until then.",
            facts={"by": by.pk},
        )


def _step_sentence(release: Release, share: float, before: Release | None) -> str:
    rest = f"; the others stay on {before.version}" if before else ""
    return f"{percent(share)} of the users are on {release.version}{rest}."
