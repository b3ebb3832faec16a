"""When a request is approved.  Pure.  mission: SHIP-3."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a request ended; OPEN while it has not."""

    OPEN = "OPEN"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True)
class Vote:
    """One person's decision."""

    person: str
    approved: bool


def outcome(votes: Iterable[Vote], needed: int) -> Outcome:
    """One no rejects; `needed` different people approve."""
    cast = list(votes)
    if any(not vote.approved for vote in cast):
        return Outcome.REJECTED
    people = {vote.person.lower() for vote in cast}
    return Outcome.APPROVED if len(people) >= needed else Outcome.OPEN
