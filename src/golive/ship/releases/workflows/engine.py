"""The reconciler: looks at a release's state and does the idempotent step of that state; one transaction per arrow."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from golive.kernel.durable import (
    Again,
    Backoff,
    Done,
    Job,
    LeaseLost,
    Outcome,
    StepUnknown,
    Wait,
    handler,
)
from golive.kernel.log import get_logger
from golive.kernel.ports import the
from golive.kernel.problems import Problem
from golive.ship.judge.operations import Session, SiteFacts
from golive.ship.releases import queries
from golive.ship.releases.domain.states import (
    BEFORE_TRAFFIC,
    CLOSED,
    OUT_OF_TRAFFIC,
    UNDER_TRAFFIC,
    State,
)
from golive.ship.releases.domain.verbs import allowed
from golive.ship.releases.events import ReleaseAsked, ReleaseGoesOn
from golive.ship.releases.models import Release
from golive.ship.releases.operations import ReleaseMoved, arrows, jobs
from golive.ship.releases.workflows import memory, prepare, production
from golive.ship.releases.workflows.deciding import act, ask, resumed
from golive.ship.releases.workflows.steps import align, by_time, warm
from golive.ship.releases.workflows.tidy import settle_leavers
from golive.ship.releases.workflows.trouble import look_for_its_end
from golive.ship.releases.workflows.turn import AT_ONCE, Turn, subject_of
from golive.ship.releases.workflows.wishes import carry_out
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites
from golive.ship.traffic.ports import TrafficRouter

logger = get_logger(__name__)
SECOND: Final = timedelta(seconds=1)
TRIES: Final = 5  # unexpected failures in a row before a release that no user has seen is given up
STUCK: Final = "stuck"  # among the facts of a release: what was said when those tries had failed
LOST: Final = "The judge's memory of this release is lost; users are on the release before it."

Stage = Callable[[Turn], Outcome]


@handler(jobs.PREPARE, max_attempts=0, backoff=Backoff(cap=timedelta(seconds=30)))
def prepare_release(job: Job) -> Outcome:
    """Work on a release until people are asked: builds and gates take minutes."""
    return _turn(job)


@handler(
    jobs.RELEASE,
    max_attempts=0,
    urgent=True,
    backoff=Backoff(first=timedelta(seconds=0.5), cap=timedelta(seconds=10)),
)
def advance_release(job: Job) -> Outcome:
    """Work on a release from approval to the end of its watch."""
    return _turn(job)


def _turn(job: Job) -> Outcome:
    release = Release.objects.filter(pk=job.key).first()
    if release is None:
        return Done()
    state = State(release.state)
    if job.kind == jobs.PREPARE and state not in jobs.PREPARED and not release.question:
        jobs.start(release.pk, state)
        return Done({"state": state})
    turn = Turn(job, release)
    try:
        if carry_out(turn):
            return AT_ONCE
        outcome = (prepare.overtaken(turn) if state in jobs.PREPARED else None) or STAGES[state](turn)
        _say_it_goes_on(turn)
    except ReleaseMoved:
        memory.forget(release.pk)  # the judge has decided what did not happen: it goes on from what was kept
        return AT_ONCE
    except LeaseLost:
        memory.forget(release.pk)
        raise
    except StepUnknown as problem:
        return _ask_about_step(turn, problem)
    except Exception as error:
        if State(turn.release.state) in BEFORE_TRAFFIC:
            return _give_up(turn, error)
        if job.attempt + 1 >= TRIES:
            _say_so(turn, error)
        raise
    return outcome


def _give_up(turn: Turn, error: Exception) -> Outcome:
    """What was foreseen ends a release that no user has seen; a fault of golive does so after some tries."""
    if isinstance(error, Problem):
        tail = {name: str(error.facts[name]) for name in ("tail", "log") if name in error.facts}
        sentence = f"{error.detail}\n{error.hint}".rstrip()
        return prepare.fail(turn, error.slug, sentence, {"problem": tail})
    if turn.job.attempt + 1 < TRIES:
        raise error
    logger.error("release_given_up", release=turn.release.pk, state=turn.release.state, exc_info=error)
    sentence = f"golive itself failed {TRIES} times in a row: {type(error).__name__}."
    return prepare.fail(turn, "internal", sentence)


def _say_so(turn: Turn, error: Exception) -> None:
    """What users may be on is never given up: it is tried again for ever, and a person is told of it, once."""
    release = Release.objects.get(pk=turn.release.pk)  # of what this turn did to it some may be undone
    judged_by_nobody = release.state in UNDER_TRAFFIC | {State.CONFIRMING, State.HELD}
    sentence = (
        f"golive fails to go on with {release.version}{' and nobody judges it' if judged_by_nobody else ''}: "
        f"{_words(error)} It tries again every few seconds."
    )
    stuck = {"waits_for": sentence, "facts": release.facts | {STUCK: sentence}}
    if STUCK not in release.facts:
        verbs = allowed(State(release.state), question=release.question, frozen=bool(release.frozen), sole=release.sole)
        facts = {"question": "internal", "answers": [verb.value for verb in verbs]}
        with turn.job.transaction():
            turn.set(**stuck)
            arrows.tell(release, ReleaseAsked, at=turn.now, reason="internal", sentence=sentence, facts=facts)
    elif {release.waits_for, release.facts[STUCK]} != {sentence}:
        turn.set(**stuck)


def _say_it_goes_on(turn: Turn) -> None:
    """Take back what `_say_so` said."""
    release = turn.release
    said, facts = release.facts.get(STUCK), {name: fact for name, fact in release.facts.items() if name != STUCK}
    if said is None:
        return
    with turn.job.transaction():
        turn.set(facts=facts, waits_for="" if release.waits_for == said else release.waits_for)
        sentence = f"golive goes on with {release.version}: what it failed at works again."
        arrows.tell(release, ReleaseGoesOn, at=turn.now, reason="goes_on", sentence=sentence)


def _words(error: Exception) -> str:
    """Return what went wrong, as a sentence; of a fault of the program its kind, the log has the rest."""
    if isinstance(error, Problem):
        return error.detail
    return f"{type(error).__name__}{f', {error.strerror}' if isinstance(error, OSError) and error.strerror else ''}."


def _ask_about_step(turn: Turn, problem: StepUnknown) -> Outcome:
    """A step that was cut off midway is never run again by itself."""
    step = str(problem.facts["step"])
    turn.move(
        State.ASKED,
        "step_unknown",
        f"{problem.detail} {problem.hint}",
        {"question": f"step {step}", "answers": ["happened", "again", "cancel"]},
        question=f"step {step}",
        asked_in=turn.release.state,
    )
    return Wait()


def judged(turn: Turn) -> Outcome:
    """One second of a release with users, or of one whose users were brought back."""
    release = turn.release
    session = memory.recall(turn)
    if session is None and release.state in OUT_OF_TRAFFIC:
        return _lost(turn)
    if session is None:
        place = turn.place()
        session = memory.begin(turn, place.old if place.new == release.pk else "")
    align(turn, session)
    if release.state == State.PULLED and release.reason != "manual":
        turn.move(State.CONFIRMING, "confirming", facts={})
    facts = _facts(turn, session)
    for action in session.turn(facts):
        if not (release.state == State.PULLED and release.reason == "manual"):
            act(turn, session, action, facts.faults)
    if release.state in UNDER_TRAFFIC:
        session = look_for_its_end(turn, session)
        by_time(turn, session)
    memory.save_now_and_then(turn, session)
    trouble = _let_leavers_go(turn)
    if release.waits_for != trouble and not session.judge.blind:
        turn.set(waits_for=trouble)
    return Again(SECOND)


def _let_leavers_go(turn: Turn) -> str:
    """Stop what has left the split; says what cannot be stopped, for that must not hold up the judge."""
    try:
        settle_leavers(turn, turn.site)
    except LeaseLost:
        raise
    except (Problem, OSError) as error:
        leavers = queries.versions(turn.place().leaving).values()
        logger.warning("leavers_not_stopped", site=turn.site, exc_info=error)
        return f"{', '.join(leavers)} cannot be stopped: {_words(error)} It is tried again every second."
    return ""


def _facts(turn: Turn, session: Session) -> SiteFacts:
    place, standing = turn.place(), session.judge.standing
    new, old = place.backends.get(standing.new, ()), place.backends.get(standing.old or "", ())
    faults: list[tuple[str, str]] = []
    for release, replicas in ((standing.new, new), (standing.old or "", old)):
        if not replicas:
            continue
        try:
            found = turn.target.faults(release, turn.release.environment, at_once=True)
        except Problem as problem:  # the judge goes on without them
            logger.warning("faults_unknown", release=release, detail=problem.detail)
            continue
        kinds = {kind for _, kind in found}
        faults += [(release, kind) for kind in ("crash_loop", "database_connection") if kind in kinds]
        if len({replica for replica, kind in found if kind != "crash_loop"}) >= len(replicas):
            faults.append((release, "readiness_lost"))
    counters = the(TrafficRouter).counters().get(turn.site, {})
    return SiteFacts(counters, tuple(faults), new, old)


def _lost(turn: Turn) -> Outcome:
    ask(turn, "memory_lost", LOST, {})
    return AT_ONCE


def asked(turn: Turn) -> Outcome:
    """Wait for a person without holding anything."""
    memory.forget(turn.release.pk)
    if turn.release.question == "judge":
        traffic.move(turn.site)
        settle_leavers(turn, turn.site)
    return Wait()


def rolled_back(turn: Turn) -> Outcome:
    """See to it that the target serves alone, with its workers, and that nothing of this release runs.

    Raises what keeps the workers from running, after all else is done.
    """
    memory.forget(turn.release.pk)
    traffic.move(turn.site)
    trouble = _workers_back(turn)
    if not settle_leavers(turn, turn.site):
        return Again(SECOND / 2)
    prepare.wake_next(turn.site)
    if trouble:
        raise trouble
    return Done({"state": turn.release.state})


def _workers_back(turn: Turn) -> Problem | None:
    target = Release.objects.filter(pk=turn.release.facts.get("target", "")).first()
    if target is None or turn.place().old != target.pk:
        return None
    try:
        turn.job.step("workers back", lambda: _workers(turn, target))
    except LeaseLost:
        raise
    except Problem as problem:
        return problem
    return None


def _workers(turn: Turn, target: Release) -> bool:
    turn.target.start_workers(subject_of(target), turn.release.environment)
    return True


def closed(turn: Turn) -> Outcome:
    """Nothing more to do; what it started before any user came is stopped, and what it took the place of."""
    release = turn.release
    memory.forget(release.pk)
    left_alone = True
    if release.serving_at is None:
        turn.target.stop(release.pk, release.environment, grace_s=5.0)
        with turn.job.transaction():
            _forget(turn)
        left_alone = settle_leavers(turn, turn.staging) and turn.target.clear_away(turn.subject, release.sentence)
    elif release.state == State.SETTLED:
        left_alone = settle_leavers(turn, turn.site)
    return Done({"state": release.state}) if left_alone else Again(SECOND)


def _forget(turn: Turn) -> None:
    if sites.site(turn.site):
        traffic.forget(site=turn.site, release=turn.release.pk, at=turn.now)


STAGES: Final[dict[State, Stage]] = {
    State.QUEUED: prepare.queued,
    State.BUILT: prepare.built,
    State.GATED: prepare.gated,
    State.STAGED: prepare.staged,
    State.VERIFIED: prepare.verified,
    State.AWAITING_APPROVAL: prepare.awaiting,
    State.APPROVED: production.approved,
    State.BACKED_UP: production.backed_up,
    State.MIGRATED: production.migrated,
    State.BOOTED: production.booted,
    State.WARM: warm,
    State.RESUMED: resumed,
    State.ASKED: asked,
    State.ROLLED_BACK: rolled_back,
    **dict.fromkeys(UNDER_TRAFFIC | OUT_OF_TRAFFIC, judged),
    **dict.fromkeys(CLOSED - {State.ROLLED_BACK}, closed),
}
