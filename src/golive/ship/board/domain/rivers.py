"""Who served a place in the last thirty days: releases as stretches of the line of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from golive.kernel.ui.draw import Mark, Stretch
from golive.ship.board.domain import wording
from golive.ship.releases.domain.states import CLOSED, OUT_OF_TRAFFIC, State

if TYPE_CHECKING:
    from golive.ship.releases.queries import ReleaseView

DAYS = 30


def rivers(releases: Sequence[ReleaseView], now: datetime) -> list[Stretch]:
    """Stretches of one place, oldest first; the release on trial branches off the one that serves beside it.

    From the moment that it is down, a release that should serve is a stretch without traffic.
    """
    names = {release.id: release.version for release in releases}
    turns = sorted(_turns(releases, names), key=lambda turn: turn[0])
    floor = now.timestamp() - DAYS * 86400
    trial = next((r for r in releases if _on_trial(r)), None)
    shown: list[Stretch] = []
    for index, (start, name) in enumerate(turns):
        end = turns[index + 1][0] if index + 1 < len(turns) else None
        if end is not None and end <= floor:
            continue
        last = end is None
        shown.append(
            Stretch(
                name,
                max(start, floor),
                end,
                shares=_shares(trial) if last and trial else (),
                past=not last,
            )
        )
    if trial:
        shown.append(_branch(trial))
    elif shown:
        shown[-1:] = broken_off(shown[-1], releases)
    return shown


def broken_off(serving: Stretch, releases: Sequence[ReleaseView]) -> list[Stretch]:
    """What serves, in two pieces when it is down: while it served, and since then, named once."""
    since = next((r.down_since.timestamp() for r in releases if r.down_since and r.version == serving.name), None)
    if since is None:
        return [serving]
    since = max(since, serving.start)
    return [replace(serving, end=since), Stretch("", since, state="broken", shares=[(since, 0.0)])]


def deploys(releases: Sequence[ReleaseView]) -> list[Mark]:
    """Deploys as grey signs, pulls as red ones."""
    found = [Mark(r.full_at.timestamp()) for r in releases if r.full_at]
    return found + [
        Mark(r.pulled_at.timestamp(), f"{r.version} pulled", "broken")
        for r in releases
        if r.pulled_at and r.state == State.ROLLED_BACK
    ]


def _turns(releases: Sequence[ReleaseView], names: dict[str, str]) -> list[tuple[float, str]]:
    """Moments from which a release was the one that serves."""
    turns = [(r.full_at.timestamp(), r.version) for r in releases if r.full_at]
    for release in releases:
        back = release.pulled_at or (release.closed_at if release.state == State.ROLLED_BACK else None)
        if release.full_at and back and back > release.full_at and release.replaced in names:
            turns.append((back.timestamp(), names[release.replaced]))
    return turns


def _on_trial(release: ReleaseView) -> bool:
    return release.serving_at is not None and release.full_at is None and release.state not in CLOSED


def _shares(trial: ReleaseView) -> list[tuple[float, float]]:
    begun = trial.serving_at.timestamp() if trial.serving_at else 0.0
    shares = [(begun, 1 - _first_share(trial))]
    if trial.pulled_at:
        shares.append((trial.pulled_at.timestamp(), 1.0))
    return shares


def _branch(trial: ReleaseView) -> Stretch:
    begun = trial.serving_at.timestamp() if trial.serving_at else 0.0
    out = State(trial.state) in OUT_OF_TRAFFIC and trial.pulled_at is not None
    end = trial.pulled_at.timestamp() if out and trial.pulled_at else None
    share = trial.share or _first_share(trial)
    return Stretch(trial.version, begun, end, wording.mood(State(trial.state)), [(begun, share)], branch=True)


def _first_share(trial: ReleaseView) -> float:
    return trial.share or (float(trial.steps[0]["share"]) if trial.steps else 0.1)
