"""Whether a judge that was told everything again decides as it did. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any


@dataclass(frozen=True)
class Decision:
    """What a judge decided; `t` is its own second, None where only what was carried out is known."""

    decision: str
    reason: str
    numbers: dict[str, Any]
    t: float | None = None

    def is_that(self, other: "Decision") -> bool:
        """Say whether both are the same to the last digit."""
        return (self.decision, self.reason, self.numbers) == (other.decision, other.reason, other.numbers)


@dataclass(frozen=True)
class Judged:
    """`again` is what comes out now, `noted` what the judge decided then, `carried_out` what the engine did of it."""

    again: Sequence[Decision]
    noted: Sequence[Decision]
    carried_out: Sequence[Decision]


def is_same(found: Judged) -> bool | None:
    """Say whether every decision is the same; None when there is none to compare."""
    if not (found.again or found.noted or found.carried_out):
        return None
    return list(found.again) == list(found.noted) and _among(found.carried_out, found.again)


def _among(carried_out: Iterable[Decision], again: Iterable[Decision]) -> bool:
    left = iter(again)
    return all(any(one.is_that(other) for other in left) for one in carried_out)


def sentence(found: Judged, seconds: int, version: str) -> str:
    """Say what came out, and whether it is what was."""
    start = f"Judged again over {seconds} s of {version}: "
    same = is_same(found)
    if same is None:
        return f"{start}there is nothing to compare, for it never had to decide."
    if same:
        return f"{start}{_listed(found.again)}; the same decisions to the last digit."
    return f"{start}{_listed(found.again)}; then it was {_listed(found.noted)}: other decisions."


def _listed(decisions: Sequence[Decision]) -> str:
    runs = [(name, len(list(run))) for name, run in groupby(one.decision for one in decisions)]
    return ", ".join(name if count == 1 else f"{name} {count} times" for name, count in runs) or "nothing"
