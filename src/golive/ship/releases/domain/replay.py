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
    """`again` is what comes out now, `noted` what the judge decided then, None where that was not noted; `carried_out` is
    what the engine did of it. `cut_short`: the judge was told more than there is.
    """

    again: Sequence[Decision]
    noted: Sequence[Decision] | None
    carried_out: Sequence[Decision]
    cut_short: bool = False


def is_same(found: Judged) -> bool | None:
    """Say whether every decision is the same; None when there is none to compare."""
    if found.noted is None:
        return _as_carried_out(found)
    if not (found.again or found.noted or found.carried_out):
        return None
    return list(found.again) == list(found.noted) and _among(found.carried_out, found.again)


def _as_carried_out(found: Judged) -> bool | None:
    """Compare with what was carried out alone; kinds that never were say nothing, for the engine may have let them be."""
    kinds = {one.decision for one in found.carried_out}
    again = [one for one in found.again if one.decision in kinds]
    before = found.carried_out[: len(again)] if found.cut_short else found.carried_out
    if not before:
        return None
    return len(again) == len(before) and all(one.is_that(other) for one, other in zip(again, before, strict=True))


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
    before = found.carried_out if found.noted is None else found.noted
    return f"{start}{_listed(found.again)}; then it was {_listed(before)}: other decisions."


def _listed(decisions: Sequence[Decision]) -> str:
    runs = [(name, len(list(run))) for name, run in groupby(one.decision for one in decisions)]
    return ", ".join(name if count == 1 else f"{name} {count} times" for name, count in runs) or "nothing"
