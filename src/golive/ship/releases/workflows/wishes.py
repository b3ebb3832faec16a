"""Carrying out what people asked for."""

from typing import Any

from golive.ship.releases.domain.plan import percent
from golive.ship.releases.domain.states import BEFORE_TRAFFIC, OUT_OF_TRAFFIC, UNDER_TRAFFIC, State
from golive.ship.releases.domain.verbs import Verb, allowed
from golive.ship.releases.workflows import memory
from golive.ship.releases.workflows.deciding import pull, roll_back
from golive.ship.releases.workflows.prepare import end
from golive.ship.releases.workflows.steps import advance
from golive.ship.releases.workflows.turn import Turn
from golive.ship.traffic import queries as sites


def carry_out(turn: Turn) -> bool:
    """Do what the row's wish says if the state still allows it; True when the release is to be looked at anew.

    The wish ends in the transaction that does it, so it is done once whoever dies in between; a wish that is written
    meanwhile is none of this one's and stays.
    """
    wish: dict[str, Any] | None = turn.release.wish
    if not wish:
        return False
    before = turn.release.state, turn.release.step
    verb, by = Verb(wish["verb"]), str(wish["by"])
    if _too_late(turn, verb, wish):
        with turn.job.transaction():
            turn.note("verb.too-late", verb=verb.value, by=by)
            turn.end_wish()
        return turn.release.wish is not None
    match verb:
        case Verb.CANCEL:
            _cancel(turn, by)
        case Verb.HAPPENED | Verb.AGAIN:
            _answered(turn, verb, by)
        case Verb.ROLLBACK if wish.get("newer"):
            sentence = f"{wish['newer_version']}, which {by} deployed, takes its turn."
            roll_back(turn, str(wish["to"]), "superseded", sentence, {"newer": wish["newer"]}, by=by)
        case Verb.ROLLBACK:
            sentence = f"{by} rolled {turn.release.version} back."
            roll_back(turn, str(wish["to"]), "manual", sentence, {}, by=by)
        case _:
            _steer(turn, verb, by)
    if turn.release.wish == wish:
        turn.end_wish()
    return (turn.release.state, turn.release.step) != before or turn.release.wish is not None


def _too_late(turn: Turn, verb: Verb, wish: dict[str, Any]) -> bool:
    """Say whether the release has moved on to where the wish makes no sense: it was lawful when it was written."""
    release = turn.release
    verbs = allowed(State(release.state), question=release.question, frozen=bool(release.frozen), sole=release.sole)
    place = sites.site(turn.site)
    replaced = verb == Verb.ROLLBACK and place is not None and (place.new or place.old) != release.pk
    left = verb == Verb.PROMOTE and wish.get("step", release.step) != release.step
    return verb not in verbs or replaced or left


def _steer(turn: Turn, verb: Verb, by: str) -> None:
    release, state = turn.release, State(turn.release.state)
    session = memory.recall(turn) or memory.begin(turn, turn.place().old)
    if verb == Verb.PULL and state in UNDER_TRAFFIC:
        pull(
            turn,
            session,
            "manual",
            f"{by} pulled {release.version}. Users are back on the release before it.",
        )
    elif verb == Verb.HOLD and state == State.STEP:
        _freeze(turn, f"{by} holds it at {percent(release.share)}.")
    elif verb == Verb.PROMOTE and state == State.STEP:
        advance(turn, session, "manual", f"{by} promoted it.", {"by": by})
    elif verb == Verb.RESUME and state == State.STEP:
        if release.facts.get("may_advance") == [release.resumes, release.step]:
            advance(turn, session, "manual", f"{by} let it go on.", {"by": by})
        else:
            _freeze(turn, "")
    elif verb == Verb.RESUME and state in OUT_OF_TRAFFIC | {State.ASKED}:
        turn.move(
            State.RESUMED,
            "manual",
            f"{by} gives it another try.",
            {"by": by},
            resumes=release.resumes + 1,
            checkpoint=memory.checkpoint(session, turn.job),
        )


def _freeze(turn: Turn, why: str) -> None:
    with turn.job.transaction():
        turn.set(frozen=why)
        turn.end_wish()


def _cancel(turn: Turn, by: str) -> None:
    release = turn.release
    asked_in = State(release.asked_in) if release.asked_in else None
    if release.state not in BEFORE_TRAFFIC and asked_in not in BEFORE_TRAFFIC:
        return
    end(turn, State.CANCELLED, "manual", f"{by} stopped it before any user saw it.", {"by": by, "was": release.state})


def _answered(turn: Turn, verb: Verb, by: str) -> None:
    release = turn.release
    if release.state != State.ASKED or not release.asked_in:
        return
    said = "it happened" if verb == Verb.HAPPENED else "it is to run again"
    turn.move(
        State(release.asked_in),
        "answered",
        f"{by} says of the step: {said}.",
        {"by": by},
    )
