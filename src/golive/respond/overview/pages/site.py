"""One environment on the page of a service: who serves, the last hour, and each process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from golive.kernel.ui import draw, words
from golive.kernel.ui.draw import Lens, Mark, Series, State
from golive.kernel.ui.draw.scales import round_top
from golive.kernel.ui.parts import Staff
from golive.kernel.ui.plots import Plot
from golive.respond.incidents.queries import IncidentView
from golive.respond.overview.pages.places import HOUR, Promise
from golive.ship.board.domain import deploys, rivers
from golive.ship.releases.queries import ReleaseView, SiteStatus
from golive.ship.replicas.domain import Phase, ProcessState
from golive.ship.services.domain.manifest import PRODUCTION
from golive.ship.traffic.domain import plural
from golive.ship.traffic.queries import CertificateView
from golive.watch.telemetry.queries.traffic import Overview, Point

AHEAD = 0.04  # share of the lens right of now
PHASES: dict[Phase, tuple[State, str]] = {
    Phase.STARTING: ("moving", "starting"),
    Phase.RUNNING: ("serving", "runs"),
    Phase.BACKOFF: ("suspicious", "crashed, starts again"),
    Phase.STOPPING: ("moving", "stopping"),
    Phase.STOPPED: ("unknown", "stopped"),
    Phase.FAILED: ("broken", "gave up"),
}


@dataclass(frozen=True)
class Read:
    """All that was read for one environment."""

    environment: str
    address: str
    certificate: CertificateView | None
    now: datetime
    status: SiteStatus | None
    releases: Sequence[ReleaseView]
    incidents: Sequence[IncidentView]
    processes: Sequence[ProcessState]
    versions: dict[str, str]
    traffic: Overview | None
    promise: Promise


@dataclass(frozen=True)
class ReplicaRow:
    """A process as the page shows it."""

    name: str
    version: str
    release: str
    state: State
    says: str
    since: datetime | None
    restarts: int
    address: str
    detail: str


@dataclass(frozen=True)
class CertificateRow:
    """By what a place speaks TLS; `warning` is what a person has to do about it."""

    names: str
    until: datetime | None
    left: str
    file: str
    warning: str
    state: State


@dataclass(frozen=True)
class Site:
    """An environment; `horizon` and `staffs` are empty when nothing was measured."""

    environment: str
    address: str
    state: State
    badge: str
    split: str
    serving: str
    horizon: str
    staffs: Sequence[Staff]
    replicas: Sequence[ReplicaRow]
    incidents: Sequence[IncidentView]
    silence: str
    certificate: CertificateRow | None


def site(read: Read) -> Site:
    """Make the part of the page."""
    status = read.status
    rows = [_replica(one, read.versions) for one in _sorted(read.processes)]
    asked = bool(read.traffic and read.traffic.total.requests)
    lens = _lens(read.now)
    own = [one for one in read.releases if one.environment == read.environment]
    stretches = rivers(own, read.now) if read.environment == PRODUCTION else []
    open_ = [one for one in read.incidents if one.resolved_at is None]
    state = _state(status, open_, rows)
    return Site(
        read.environment,
        read.address,
        state,
        _badge(state, status),
        _sentence(status.sentence) if status else "Nothing was brought here yet",
        status.serving if status else "",
        draw.horizon(
            read.now.timestamp(),
            stretches,
            marks=_marks(own, read.incidents),
            label=f"Who served {read.environment} in thirty days",
            lens=lens if asked else None,
        )
        if stretches
        else "",
        _staffs(read, lens, own) if asked else (),
        rows,
        open_,
        ""
        if asked
        else "The store does not answer, so there are no figures."
        if read.traffic is None
        else "No request in the last hour.",
        _certificate(read.certificate, read.now),
    )


def _certificate(one: CertificateView | None, now: datetime) -> CertificateRow | None:
    if one is None:
        return None
    ends = one.not_after is None or one.not_after <= now
    left = f"{plural((one.not_after - now).days, 'day')} left" if one.not_after and not ends else "not valid"
    state: State = "broken" if ends else "suspicious" if one.warning else "serving"
    return CertificateRow(", ".join(one.names) or "none", one.not_after, left, one.file, one.warning, state)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if text.startswith("nobody") else text


def _lens(now: datetime) -> Lens:
    hour = HOUR.total_seconds()
    return Lens(now.timestamp() - hour, now.timestamp() + hour * AHEAD, now.timestamp())


def _state(status: SiteStatus | None, incidents: Sequence[IncidentView], rows: Sequence[ReplicaRow]) -> State:
    if (status and status.down) or any(one.burns for one in incidents):
        return "broken"
    if status is None or status.maintenance or not status.serving:
        return "unknown"
    if incidents or any(row.state in ("suspicious", "broken") for row in rows):
        return "suspicious"
    return "moving" if any(one.serving_at and not one.full_at for one in status.moving) else "serving"


def _badge(state: State, status: SiteStatus | None) -> str:
    if status and status.maintenance:
        return "maintenance"
    said = {
        "serving": "serving",
        "moving": "moving",
        "suspicious": "look at it",
        "broken": "broken",
    }
    return said.get(state, "nothing serves")


def _sorted(processes: Sequence[ProcessState]) -> list[ProcessState]:
    return sorted(processes, key=lambda one: (not one.labels.get("port"), one.id))


def _replica(one: ProcessState, versions: dict[str, str]) -> ReplicaRow:
    state, says = PHASES[one.phase]
    if not one.alive and one.phase is not Phase.STOPPED:
        state, says = "broken", "its keeper is gone"
    elif one.crash_looping:
        state, says = "broken", f"crashed {one.crashes_in_a_row} times in a row"
    release = one.labels.get("release", "")
    number = one.id.rpartition("-")[2]
    port = one.labels.get("port", "")
    return ReplicaRow(
        f"{one.labels.get('process', 'process')} {number}" if number.isdigit() else one.labels.get("process", one.id),
        versions.get(release, release[-8:]),
        release,
        state,
        says,
        words.stamp(one.since) if one.since else None,
        one.restarts,
        f"127.0.0.1:{port}" if port else "",
        one.reason,
    )


def _marks(releases: Sequence[ReleaseView], incidents: Sequence[IncidentView]) -> list[Mark]:
    opened = [Mark(one.opened_at.timestamp(), f"#{one.number}", "broken") for one in incidents]
    return [*opened, *(mark for mark in deploys(releases) if mark.state is None)]


def _staffs(read: Read, lens: Lens, own: Sequence[ReleaseView]) -> list[Staff]:
    seen, promise = read.traffic, read.promise
    assert seen is not None  # noqa: S101  asked only when there is traffic
    total, points = seen.total, [one for one in seen.points if lens.sees(one.at.timestamp())]
    rates = zip((p.at.timestamp() for p in seen.points), seen.rates(), strict=True)
    requests = Series("all", [(at, rate) for at, rate in rates if lens.sees(at)])
    failed = Series("failed", _shares(points), "broken" if total.error_share > promise.errors else None)
    p95 = Series("p95", [(p.at.timestamp(), p.p95_ms if p.requests else None) for p in points])
    marks, explore = [*_marks([], read.incidents), *_steps(own)], f"/explore?site={seen.site}"

    def plot(line: Series, unit: str, **chart: Any) -> Plot:
        return Plot(draw.time_chart(lens, [line], marks=marks, **chart), lens, [line], unit, explore=explore)

    return [
        Staff(
            "Requests",
            "in the last hour",
            plot(requests, "rate", label="Requests a second", say=lambda v: f"{words.rate(v)}/s", height=96),
            big=words.rate(seen.requests_per_second_now),
            unit="a second now",
            says=[f"{words.count(total.requests)} in the hour"],
        ),
        Staff(
            "Failed",
            "5xx, or no answer",
            plot(
                failed,
                "percent",
                label="Share of failed requests",
                say=lambda v: words.percent(v / 100),
                top=round_top(max([1.0, promise.errors * 150, *(v for _, v in failed.readings if v is not None)])),
                limit=(promise.errors * 100, f"accepted {words.percent(promise.errors)}"),
            ),
            big=words.percent(total.error_share),
            says=[f"{words.count(total.errors)} of {words.count(total.requests)}"],
        ),
        Staff(
            "p95",
            "19 of 20 are faster",
            plot(
                p95,
                "ms",
                label="p95",
                say=words.milliseconds,
                limit=(promise.p95_ms, f"accepted {words.milliseconds(promise.p95_ms)}"),
            ),
            big=words.milliseconds(total.p95_ms),
            says=[f"half are under {words.milliseconds(total.p50_ms)}"],
        ),
    ]


def _shares(points: Sequence[Point]) -> list[tuple[float, float | None]]:
    return [(p.at.timestamp(), 100 * p.errors / p.requests if p.requests else None) for p in points]


def _steps(releases: Sequence[ReleaseView]) -> list[Mark]:
    """First visitors and pulls of each release, with its name."""
    began = [Mark(one.serving_at.timestamp(), one.version) for one in releases if one.serving_at]
    out = [Mark(one.pulled_at.timestamp(), f"{one.version} pulled", "broken") for one in releases if one.pulled_at]
    return [*began, *out]
