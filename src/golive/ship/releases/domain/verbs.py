"""What a person may ask of a release, in which state, with which role."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from golive.ship.releases.domain.states import (
    BEFORE_TRAFFIC,
    OUT_OF_TRAFFIC,
    UNDER_TRAFFIC,
    State,
)


class Verb(StrEnum):
    """The manual verbs; each is idempotent."""

    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    HAPPENED = "happened"  # the step that was cut off did happen
    AGAIN = "again"  # it did not: run it once more
    PULL = "pull"
    HOLD = "hold"
    PROMOTE = "promote"
    RESUME = "resume"
    ROLLBACK = "rollback"


STEP_QUESTION: Final = "step"  # a step was cut off midway
JUDGE_QUESTION: Final = "judge"  # the judge cannot decide

_BACK: Final = frozenset({*UNDER_TRAFFIC, *OUT_OF_TRAFFIC, State.RESUMED, State.ASKED})
LAWFUL: Final = MappingProxyType(
    {
        Verb.APPROVE: frozenset({State.AWAITING_APPROVAL}),
        Verb.REJECT: frozenset({State.AWAITING_APPROVAL}),
        Verb.CANCEL: BEFORE_TRAFFIC | {State.ASKED},
        Verb.HAPPENED: frozenset({State.ASKED}),
        Verb.AGAIN: frozenset({State.ASKED}),
        Verb.PULL: UNDER_TRAFFIC,
        Verb.HOLD: frozenset({State.STEP}),
        Verb.PROMOTE: frozenset({State.STEP}),
        Verb.RESUME: OUT_OF_TRAFFIC | {State.STEP, State.ASKED},
        Verb.ROLLBACK: _BACK | {State.SETTLED},
    }
)
ALREADY: Final = MappingProxyType(
    {
        Verb.PULL: OUT_OF_TRAFFIC | {State.ROLLED_BACK},
        Verb.ROLLBACK: frozenset({State.ROLLED_BACK}),
        Verb.CANCEL: frozenset({State.CANCELLED}),
        Verb.REJECT: frozenset({State.REJECTED}),
        Verb.APPROVE: frozenset({State.APPROVED}),
    }
)
ANSWERS: Final = frozenset({Verb.HAPPENED, Verb.AGAIN})  # to what became of a step
TO_SAFETY: Final = frozenset({Verb.PULL, Verb.ROLLBACK, Verb.CANCEL})  # users leave it, or never come
NEEDS_APPROVER: Final = frozenset({Verb.APPROVE, Verb.REJECT})


def allowed(state: State, *, question: str = "", frozen: bool = False, sole: bool = False) -> tuple[Verb, ...]:
    """Return the verbs that make sense now.

    `question` is what an ASKED release asks about; `frozen` says that a person holds its step; `sole` that there is
    no release to go back to.
    """
    verbs = [verb for verb in Verb if state in LAWFUL[verb]]
    if state == State.ASKED:
        fitting = (
            {Verb.CANCEL, Verb.HAPPENED, Verb.AGAIN}
            if question.startswith(STEP_QUESTION)
            else {Verb.RESUME, Verb.ROLLBACK}
        )
        verbs = [verb for verb in verbs if verb in fitting]
    if state == State.STEP:
        verbs = [verb for verb in verbs if verb != (Verb.HOLD if frozen else Verb.RESUME)]
    if sole:
        verbs = [verb for verb in verbs if verb not in {Verb.PULL, Verb.ROLLBACK}]
    return tuple(verbs)
