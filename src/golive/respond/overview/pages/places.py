"""One row of the overview for each service in each environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from golive.kernel.ui import draw, words
from golive.kernel.ui.draw import State, Stretch
from golive.respond.incidents.queries import IncidentView
from golive.ship.releases.queries import ReleaseView, SiteStatus
from golive.watch.telemetry.queries.traffic import Overview

STEP = timedelta(seconds=90)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Promise:
    """What the owner promised: share of requests that may fail (0..1), p95 in milliseconds."""

    errors: float
    p95_ms: float


@dataclass(frozen=True)
class Figure:
    """A number in words, its last hour, and whether it breaks a promise."""

    said: str
    values: Sequence[float | None]
    state: State | None = None


@dataclass(frozen=True)
class Budget:
    """What is left (0..1) of the failures that the promise allowed in the last hour."""

    said: str
    left: float
    detail: str


@dataclass(frozen=True)
class Place:
    """A row; without `requests` nobody came in the last hour."""

    path: str
    state: State
    moving: bool
    name: str
    environment: str
    detail: str
    lane: str
    release: str = ""
    requests: Figure | None = None
    errors: Figure | None = None
    p95: Figure | None = None
    budget: Budget | None = None
    silence: str = ""


@dataclass(frozen=True)
class Known:
    """All that was read for one place."""

    site: SiteStatus
    rivers: Sequence[Stretch]
    now: datetime
    since: datetime | None = None
    traffic: Overview | None = None
    promise: Promise | None = None
    incidents: Sequence[IncidentView] = ()


def place(known: Known) -> Place:
    """Make the row."""
    site, moving = known.site, known.site.moving
    trial = next((one for one in moving if one.serving_at), None)
    figures = _figures(known)
    shown = trial or (moving[0] if moving else None)
    release = shown.id if shown else site.serving_id
    plans = [trial.until.timestamp()] if trial and trial.until and trial.until > known.now else []
    return Place(
        path=f"/services/{site.service}#{site.environment}",
        state=_state(known, figures),
        moving=bool(moving),
        name=site.service,
        environment=site.environment,
        detail=_detail(known, shown),
        release=f"/releases/{release}" if release else "",
        lane=draw.lane(known.now.timestamp(), known.rivers, plans=plans),
        requests=figures[0],
        errors=figures[1],
        p95=figures[2],
        budget=_budget(known),
        silence=_silence(known),
    )


def _detail(known: Known, shown: ReleaseView | None) -> str:
    site = known.site
    if site.maintenance:
        return "maintenance"
    if site.down:
        return site.sentence
    if shown and shown.share and (shown.full_at is None or not shown.serving):
        return f"{shown.version} at {words.percent(shown.share)}"
    if not site.serving:
        return f"{shown.version} on its way" if shown else "nothing serves yet"
    age = f", {words.ago(known.since, known.now).removesuffix(' ago')}" if known.since else ""
    return f"{site.serving}{age}"


def _figures(known: Known) -> tuple[Figure | None, Figure | None, Figure | None]:
    seen, promise = known.traffic, known.promise
    if seen is None or not seen.total.requests:
        return None, None, None
    errors, p95 = seen.total.error_share, seen.total.p95_ms
    late: State | None = "suspicious" if promise and p95 > promise.p95_ms else None
    failing: State | None = "broken" if promise and errors > promise.errors else None
    return (
        Figure(words.rate(seen.requests_per_second_now), seen.rates()),
        Figure(words.percent(errors), [p.errors / p.requests if p.requests else None for p in seen.points], failing),
        Figure(words.milliseconds(p95), [p.p95_ms if p.requests else None for p in seen.points], late),
    )


def _budget(known: Known) -> Budget | None:
    if known.promise is None or known.traffic is None or not known.traffic.total.requests:
        return None
    allowed = known.promise.errors * known.traffic.total.requests
    spent = known.traffic.total.errors
    left = max(0.0, 1 - spent / allowed) if allowed else 0.0
    return Budget(
        words.percent(round(left, 2)),
        left,
        f"{words.count(spent)} of {words.count(allowed)} failures",
    )


def _state(known: Known, figures: tuple[Figure | None, Figure | None, Figure | None]) -> State:
    if known.site.down or any(one.burns for one in known.incidents):
        return "broken"
    if known.site.maintenance or not known.site.serving:
        return "unknown"
    if known.incidents or any(one is not None and one.state for one in figures):
        return "suspicious"
    return "moving" if any(one.serving_at for one in known.site.moving) else "serving"


def _silence(known: Known) -> str:
    if known.traffic is None:
        return "the store does not answer"
    return "no request in the last hour"
