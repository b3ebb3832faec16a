"""The books: which attempts count, and what each second's counts say.

One ledger lives from the first switch to a RESUME, which begins a new one: new evidence, new alpha.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.baseline import FAILURES, OVER, SLOW, TIMED, UNITS, Baseline
from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.combination import Combination
from golive.ship.judge.domain.config import Config
from golive.ship.judge.domain.confirmation import Episode
from golive.ship.judge.domain.evidence import AbsoluteEvidence, RelativeEvidence
from golive.ship.judge.domain.facts import NEW, OLD
from golive.ship.judge.domain.latency import LIMITS, LatencyStream
from golive.ship.judge.domain.recurrence import Again
from golive.ship.judge.domain.route_stream import RouteStream
from golive.ship.judge.domain.status_mix import StatusMix
from golive.ship.judge.domain.triggers import Triggers
from golive.ship.judge.domain.units import RiskSet
from golive.ship.judge.domain.windows import ExposureWindow

MEMORY: Final = 600.0  # s for which failures are remembered with their clients
Seen = deque[tuple[float, str]]


def _bars() -> dict[str, float]:
    return {"errors": 0.0, "p90": 0.0, "p99": 0.0, "slo": 0.0}


@checkpointed
@dataclass(slots=True)
class Ledger:
    """Evidence of all streams since `t0`, and the counts of the running second."""

    config: Config
    base: Baseline
    t0: float
    unit: RiskSet
    client: RiskSet
    absolute: AbsoluteEvidence
    trouble: AbsoluteEvidence  # old against its own past
    slow: dict[str, LatencyStream]
    mix: StatusMix
    episode: Episode
    earlier: Episode  # what came before it
    routes: dict[str, RouteStream] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)  # routes that appeared after the first switch -> j
    own: dict[str, bool] = field(default_factory=dict)  # of these, those that only new has answered
    timing: ExposureWindow = field(default_factory=ExposureWindow)
    timed: list[int] = field(default_factory=lambda: [0, 0])
    sum: Combination = field(default_factory=Combination)
    failures: Seen = field(default_factory=deque)
    slowness: Seen = field(default_factory=deque)
    mixed: Seen = field(default_factory=deque)
    old_failures: Seen = field(default_factory=deque)
    cohort: dict[str, float] = field(default_factory=dict)  # visitors who were on new
    triggers: Triggers = field(default_factory=Triggers)
    rule: str = ""
    touched: dict[str, bool] = field(default_factory=dict)
    failed_now: dict[str, bool] = field(default_factory=dict)
    raised: dict[str, float] = field(default_factory=_bars)  # bars that HELD taught
    second: Again | None = None
    suspect: RiskSet | None = None  # only the routes of a first episode, since its RESUME

    @classmethod
    def start(cls, config: Config, base: Baseline, t: float, late: dict[str, int]) -> Ledger:
        """Fresh evidence from `t` on."""
        return cls(
            config=config,
            base=base,
            t0=t,
            unit=RiskSet(config.unit_cap, RelativeEvidence(t)),
            client=RiskSet(1, RelativeEvidence(t)),
            absolute=AbsoluteEvidence(t),
            trouble=AbsoluteEvidence(t),
            slow={kind: LatencyStream.start(t) for kind in LIMITS},
            mix=StatusMix(t),
            episode=Episode(t),
            earlier=Episode(t),
            late=late,
        )

    def switched(self) -> None:
        """The weights have changed: who is where is learned afresh, evidence is kept."""
        self.unit.switched()
        self.client.switched()
        if self.suspect is not None:
            self.suspect.switched()
        self.timing = ExposureWindow()
        for route in self.routes.values():
            route.x = [0.0, 0.0]

    def forget_episode(self, t: float) -> None:
        """Nothing is suspected: what follows is a new episode."""
        self.earlier.add(self.episode)
        self.episode = Episode(t)
        self.mix.totals.clear()

    def watch_suspects(self, second: Again | None, t: float) -> None:
        """After a RESUME the suspected routes get a comparison of their own; they were fixed before."""
        self.second = second
        if second is not None and second.kind == "errors" and second.routes:
            self.suspect = RiskSet(self.config.unit_cap, RelativeEvidence(t))

    def relative(self, family: str) -> float:
        """Evidence in which new and old faced the same moment, for "errors", "slow" or "mix"."""
        all_routes = self.sum.relative(family)
        if family != "errors" or self.suspect is None:
            return all_routes
        return (all_routes + self.suspect.evidence.value()) / 2

    # ---- one attempt
    def exposed(self, t: float, client: str, route: str, side: int, before: int) -> None:
        """A unit was seen for the first time; its client had failed `before` times."""
        if before < self.client.cap:
            self.client.n[side] += 1
        if side == NEW:
            self.cohort[client] = t
        if before >= self.unit.cap:
            return
        self.unit.n[side] += 1
        if self.suspect is not None and self.second is not None and route in self.second.routes:
            self.suspect.n[side] += 1
        stream = self._route(route)
        stream.x[side] += 1
        if side == OLD:
            self.base.dispersion.note(t, 1, 0)
            for fading in stream.live:
                fading.add(t, 1, 0)
            return
        stream.n_new += 1
        self.touched[route] = True
        self.episode.note(route, 1, 0)
        if self.second and self.second.kind == "errors":
            self.second.note(route, 1, 0)

    def failed(self, t: float, client: str, route: str, side: int, before: int) -> None:
        """A unit failed for the first time."""
        if before < self.client.cap:
            self.client.e[side] += 1
        if before >= self.unit.cap:
            return
        self.unit.e[side] += 1
        if self.suspect is not None and self.second is not None and route in self.second.routes:
            self.suspect.e[side] += 1
        stream = self._route(route)
        stream.e[side] += 1
        self.touched[route] = self.failed_now[route] = True
        if side == OLD:
            self.base.dispersion.note(t, 0, 1)
            for fading in stream.live:
                fading.add(t, 0, 1)
            self.old_failures.append((t, client))
            return
        self.episode.note(route, 0, 1)
        self.failures.append((t, client))
        if self.second and self.second.kind == "errors":
            self.second.note(route, 0, 1)

    def answered(self, t: float, client: str, route: str, side: int, ms: float) -> bool:
        """A unit was timed; whether it was slower than nine in ten of old."""
        self.timed[side] += 1
        for kind, stream in self.slow.items():
            slow = ms > self.base.limit(kind, route)
            stream.slow[side] += slow
            if side == NEW:
                self.episode.slow[kind] += slow
                if slow and kind == "p90":
                    self.slowness.append((t, client))
                if self.second and self.second.kind == kind:
                    self.second.note(route, 1, slow)
        if side == NEW:
            self.episode.timed += 1
            self.triggers.answered(ms)
        return ms > self.base.limit("p90", route)

    def answered_otherwise(self, t: float, client: str, route: str, side: int, what: int) -> None:
        """A unit got a redirect or a client error for the first time."""
        self.mix.note(route, what, side)
        if side == NEW:
            self.mixed.append((t, client))
            if self.second and self.second.kind == "mix":
                self.second.note(route, 1, 1)

    def _route(self, route: str) -> RouteStream:
        stream = self.routes.get(route)
        if stream is None:
            stream = self.routes[route] = RouteStream()
        return stream

    # ---- one tick
    @property
    def control(self) -> bool:
        """Whether old has traffic to compare with."""
        return self.unit.window.share is not None

    def bar(self) -> float:
        """The failure share new may have.

        max(SLO, 1.5 x frozen, what HELD taught, and while a control lives 1.5 x the control now).
        """
        p = max(self.config.slo_error, 0.01, 1.5 * self.base.bar, self.raised["errors"])
        return min(0.6, 1.5 * self.base.live(FAILURES, UNITS, p / 1.5) if self.control else p)

    def trouble_bar(self) -> float:
        """The failure share above which old itself is bad."""
        return min(0.6, max(self.config.shared_error, 3 * self.base.bar, self.raised["errors"]))

    def recurrence_bar(self, kind: str) -> float:
        """The failure share that a calm release has at most since RESUME: 1.5 x the live control (200 s mean)."""
        base = self.base
        if kind != "errors":
            return 2 * base.usual(kind)
        if not self.control:
            return self.bar()
        return min(0.6, 1.5 * max(base.live_mean(FAILURES, UNITS), base.rate, 0.003))

    def drop(self, t: float) -> None:
        """Close a second in which new is not judged; what is known about old moves on."""
        self._old_tick(t)
        self.unit.drop()
        if self.suspect is not None:
            self.suspect.drop()
        self.client.drop()
        self.timed = [0, 0]
        for stream in self.slow.values():
            stream.slow = [0, 0]
        for route in self.touched:
            self.routes[route].e = [0, 0]
            self.routes[route].n_new = 0
        self.touched.clear()
        self.failed_now.clear()
        self.mix.tick_counts.clear()

    def weigh(self, t: float) -> None:
        """One second of counts becomes evidence."""
        self._old_tick(t)
        n, e = self.unit.n, self.unit.e
        n_new, e_new, changed = n[NEW], e[NEW], bool(e[NEW] or e[OLD])
        self.rule = self.triggers.tick(t, n_new, e_new, max(0.05, self.bar()))
        self.unit.tick(t, self.config.r0_error)
        self.client.tick(t, self.config.r0_error)
        if self.suspect is not None:
            self.suspect.tick(t, self.config.r0_error)
        if self.second is not None and self.second.kind != "mix":
            self.second.tick(t, self.recurrence_bar(self.second.kind))
        value = self.sum.e
        self._weigh_routes(t)
        if n_new or e_new:
            self.absolute.update(t, e_new, max(n_new, e_new), self.bar(), self.base.dispersion.phi)
            value["absolute"] = self.absolute.value()
        if changed:
            value["unit"], value["client"] = (
                self.unit.evidence.value(),
                self.client.evidence.value(),
            )
        if self.timed[NEW] or self.timed[OLD]:
            self._weigh_latency(t)
        if self.mix.tick_counts:
            self._weigh_mix(t)
        for seen in (self.failures, self.slowness, self.mixed, self.old_failures):
            while seen and t - seen[0][0] > MEMORY:
                seen.popleft()

    def _old_tick(self, t: float) -> None:
        n, e, slow = self.unit.n[OLD], self.unit.e[OLD], self.slow
        if n or e:
            self.trouble.update(t, e, max(n, e), self.trouble_bar(), self.base.phi)
        counts = [0.0] * 5
        counts[UNITS], counts[FAILURES] = n, e
        counts[TIMED], counts[SLOW], counts[OVER] = (
            self.timed[OLD],
            slow["p90"].slow[OLD],
            slow["slo"].slow[OLD],
        )
        self.base.tick(counts)

    def _weigh_routes(self, t: float) -> None:
        share, phi, value = self.unit.window.share, self.base.dispersion.phi, self.sum.e
        moved = False
        for route in self.touched:
            stream = self.routes[route]
            moved |= stream.against_bar(t, self.t0, self.route_bar(t, route, stream), phi)
            if share is not None and route in self.failed_now:
                stream.compare(t, self.t0, share, self.config.r0_error)
            stream.e = [0, 0]
        self.touched.clear()
        if not moved and not self.failed_now:
            return
        self.failed_now.clear()
        k = max(len(self.base.routes) - len(self.late), 1)
        known = extra = absolute = 0.0
        for route, stream in self.routes.items():
            relative = stream.relative.value() - 1 if stream.relative else 0.0
            j = self.late.get(route)
            if j is None:
                known += relative / k
                absolute += (stream.absolute.value() - 1) / k if stream.absolute else 0.0
            else:
                extra += relative / (j * (j + 1))
        value["routes"], value["new_routes"] = max(1 + known, 0.0), max(1 + extra, 0.0)
        value["abs_routes"] = max(1 + absolute, 0.0)

    def route_bar(self, t: float, route: str, stream: RouteStream) -> float:
        """The failure share new may have on one route."""
        control = stream.control(t) if self.control else 0.0
        floor = max(self.config.slo_error, 0.01, self.raised["errors"])
        return min(0.6, max(floor, 1.5 * self.base.route_bar(route), 1.5 * control))

    def _weigh_latency(self, t: float) -> None:
        base, value = self.base, self.sum.e
        self.timing.add(t, *self.timed)
        share = self.timing.share
        bars = {
            "slo": max(0.05, 1.5 * base.bar_slo, self.raised["slo"]),
            "p90": max(0.2, self.raised["p90"]),
        }
        if share is not None:
            bars["slo"] = max(bars["slo"], 1.5 * base.live(OVER, TIMED, 0))
            bars["p90"] = max(bars["p90"], 1.5 * base.live(SLOW, TIMED, 0))
        for kind, stream in self.slow.items():
            bar = bars["slo"] if kind == "slo" else bars["p90"]
            stream.tick(t, self.timed, share, self.config.r0_slow, min(0.6, bar))
            value[kind] = stream.relative.value()
        value["abs_slo"] = self.slow["slo"].absolute.value()
        if self.base.timed:
            value["abs_p90"] = self.slow["p90"].absolute.value()
        self.timed = [0, 0]

    def _weigh_mix(self, t: float) -> None:
        overall = self.unit.window.share
        if overall is None:
            self.mix.tick_counts.clear()
            return
        shares = {r: self.routes[r].share(overall) for r, _ in self.mix.tick_counts if r in self.routes}
        if self.mix.tick(t, shares, self.config.r0_mix):
            self.sum.e["mix"] = self.mix.value(max(len(self.base.routes), 1))
