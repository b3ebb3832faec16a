"""What a release waits for, and the commands by which a person goes on.  Pure.  mission: SHIP-6."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from golive.ship.releases.domain import trouble
from golive.ship.releases.domain.states import OUT_OF_TRAFFIC, UNDER_TRAFFIC, State
from golive.ship.releases.domain.verbs import JUDGE_QUESTION, STEP_QUESTION, Verb

FAILING: Final = "Users stay in its trouble until it passes or a person acts."
NEWER: Final = "A newer deploy takes its turn: this one is rolled back first then."


@dataclass(frozen=True)
class Command:
    """What to type, and what comes of it."""

    text: str
    does: str


@dataclass(frozen=True)
class Waiting:
    """A release as far as waiting goes; `began` says that the trouble of both releases began with this one.

    `trouble`: it serves, requests fail, and golive does not go back from it; `to` is what a person may go back to.
    """

    state: State
    version: str
    service: str
    reason: str = ""
    question: str = ""
    frozen: str = ""
    began: bool = False
    trouble: bool = False
    to: str = ""
    verbs: Sequence[Verb] = ()


@dataclass(frozen=True)
class Advice:
    """`person`: it goes no further without one. `sentence` is empty where the state says it all."""

    person: bool = False
    sentence: str = ""
    commands: tuple[Command, ...] = ()


def gives_way(state: State, *, reason: str = "", question: str = "") -> bool:
    """Say whether a newer release may end this one: users are on the one before it, and nothing is being decided.

    As with a rollout of Kubernetes or Argo, what was asked for last counts, and nobody has to tidy up first.
    """
    if state == State.ASKED:
        return question == JUDGE_QUESTION
    return state == State.HELD or (state == State.PULLED and reason == "manual")


def advise(waiting: Waiting) -> Advice:
    """Return what it waits for and what a person may type."""
    if waiting.trouble and waiting.state in UNDER_TRAFFIC:
        return Advice(True, FAILING, tuple(Command(*one) for one in trouble.commands(waiting.service, waiting.to)))
    sentence, person = _sentence(waiting)
    if not person and waiting.state not in OUT_OF_TRAFFIC:
        return Advice()
    if gives_way(waiting.state, reason=waiting.reason, question=waiting.question):
        sentence = f"{sentence} {NEWER}"
    commands = tuple(_command(verb, waiting) for verb in _ORDER if verb in waiting.verbs)
    return Advice(person, sentence, commands)


def _sentence(waiting: Waiting) -> tuple[str, bool]:
    match waiting.state:
        case State.HELD if waiting.began:
            return "It waits for a person: both releases are in trouble since this one came.", True
        case State.HELD:
            return "It goes on by itself when the trouble of both releases is over.", False
        case State.PULLED if waiting.reason == "manual":
            return "It waits for a person, as a person pulled it.", True
        case State.ASKED if waiting.question.startswith(STEP_QUESTION):
            step = waiting.question.removeprefix(STEP_QUESTION).strip() or "a step"
            return f"It waits for a person to say whether “{step}” happened.", True
        case State.ASKED:
            return "It waits for a person.", True
        case State.STEP if waiting.frozen:
            return f"{waiting.frozen.rstrip('.')}. It waits for a person.", True
        case State.AWAITING_APPROVAL:
            return "", True
    return "", False


_NOT_CUT: Final = {
    State.GATED: "a backup or migration of staging that has begun is not cut in the middle",
    State.APPROVED: "a backup that has begun is not cut in the middle",
    State.BACKED_UP: "a migration that has begun is not cut in the middle",
    State.MIGRATED: "its processes are just starting",
    State.BOOTED: "its processes are being warmed up",
}


def stopping(state: State, by: str) -> str:
    """Say what a release that `by` cancels waits for before it ends."""
    return f"{by} stopped it; {_NOT_CUT.get(state, 'what runs for it is being ended')}."


_ORDER: Final = (
    Verb.APPROVE,
    Verb.REJECT,
    Verb.HAPPENED,
    Verb.AGAIN,
    Verb.RESUME,
    Verb.PROMOTE,
    Verb.ROLLBACK,
    Verb.CANCEL,
)
_DOES: Final = {
    Verb.APPROVE: "lets it go to production",
    Verb.REJECT: "ends it here",
    Verb.HAPPENED: "it happened: go on after it",
    Verb.AGAIN: "it did not: run it once more",
    Verb.RESUME: "gives it users again, a small share first",
    Verb.PROMOTE: "goes to the next step now",
    Verb.CANCEL: "ends it before users see it",
    Verb.ROLLBACK: "ends it; the release before it serves",
}


def _command(verb: Verb, waiting: Waiting) -> Command:
    does = _DOES[verb]
    if verb == Verb.RESUME and waiting.state == State.STEP:
        does = "lets it go on from here"
    what = f"--service {waiting.service}" if verb == Verb.ROLLBACK else waiting.version
    return Command(f"golive {verb.value} {what}", does)
