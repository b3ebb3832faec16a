"""One release in one world, judged, as a process of its own can do it.

It is not in `__main__`: processes that are not forked look that up by its name, and find another one.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.judge.rivals import fixed_threshold, mann_whitney
from bench.judge.simulate import Run
from bench.judge.world import World


@dataclass(frozen=True)
class Row:
    end: str
    pulled: float | None
    after_pull: float | None
    bad_before_pull: int
    path: str
    reason: str
    rivals: tuple[bool, bool] | None
    requests: int


def one(job: tuple[World, int, bool]) -> tuple[str, Row]:
    world, seed, compare = job
    out = Run(world, seed).run()
    rivals = None
    if compare:
        passive = Run(world, seed, passive=True).run()
        rivals = (fixed_threshold(passive) is not None, mann_whitney(passive) is not None)
    row = Row(
        out.end,
        out.pulled,
        out.after_pull,
        out.bad_before_pull,
        out.path,
        out.reason,
        rivals,
        out.requests,
    )
    return world.name, row
