"""One run of one world through the judge and a small engine that carries out its actions."""

from __future__ import annotations

import json
import math
import random
import zlib
from bisect import bisect
from dataclasses import dataclass, field

from bench.judge.world import ROUTES, SHOP, Effect, World
from golive.ship.judge.domain import (
    ActionKind,
    Attempt,
    Config,
    Judge,
    Probe,
    Timeline,
    parse,
)
from golive.ship.releases.domain.plan import Step, steps_again

GIVEN_UP = 15_000.0  # ms after which the edge ends a try
STATUS = {"302": 302, "401": 401, "404": 404}


@dataclass
class Outcome:
    world: str
    seed: int
    pulled: float | None = None  # s after the trouble's first failed or slow answer on new
    verdict: float | None = None
    after_pull: float | None = None  # s from pull to verdict
    end: str = "PASSED"
    reason: str = ""
    path: str = ""
    bad_before_pull: int = 0  # units: (visitor, route, minute)
    bad_in_all: int = 0
    share_at_pull: float = 0.0
    requests: int = 0
    minutes: dict[int, list[int]] = field(default_factory=dict)  # minute -> new n, e, old n, e: for other judges
    slow_minutes: dict[int, list[list[float]]] = field(default_factory=dict)


class Person:
    __slots__ = ("arm", "born", "name", "order", "requests", "saw_new", "until")

    def __init__(self, name: str, rng: random.Random, t: float, session: float) -> None:
        self.name = name
        self.arm = rng.random()
        self.born = t
        self.until = t + rng.expovariate(1 / session)
        self.requests = 0
        self.saw_new = -1e9
        self.order = zlib.crc32(name.encode())


class Run:
    def __init__(self, world: World, seed: int, *, wire: bool = False, passive: bool = False) -> None:
        self.passive = passive
        self.w, self.rng = world, random.Random(f"{world.name}/{seed}")
        self.out = Outcome(world.name, seed)
        self.judge = Judge(Config(probes=world.probes, began_with=world.began_with, slo_ms=500.0), "new", "old")
        self.wire = wire or world.clock_step != 0
        self.timeline = Timeline()
        table = SHOP if world.shop else ROUTES
        self.routes = list(table)
        self.median = [table[r][1] for r in self.routes]
        total, self.cumulative = 0.0, []
        for r in self.routes:
            total += table[r][0]
            self.cumulative.append(total)
        self.share, self.started, self.first_switch = 0.0, -1e9, 1e18
        self.people = [self.person(0.0) for _ in range(world.crowd)]
        self.heavy = self.person(0.0)
        self.heavy.arm = 0.01
        self.heavy.until = 1e18
        self.effects = [self.prepare(e) for e in world.effects if self.rng.random() < e.chance]
        self.late: list[tuple[float, int, Attempt]] = []
        self.count = 0
        self.begun = {"new": 0.0, "old": 0.0}  # what the edge counts
        self.bad_units: set[tuple[str, str, int]] = set()
        self.onset: float | None = None
        self.steps, self.step_at = [Step(*step) for step in world.steps], 0

    def person(self, t: float) -> Person:
        return Person(f"p{self.rng.getrandbits(40):x}", self.rng, t, self.w.session)

    def prepare(self, e: Effect) -> tuple[Effect, float, float, list[float]]:
        start, end = e.start, e.end
        if e.random_start:
            start = self.rng.uniform(*e.random_start)
            end = start + e.length if e.length else end
        flips: list[float] = []
        if e.on_s:
            t = -self.w.baseline
            while t < self.w.horizon:
                t += self.rng.expovariate(1 / e.off_s)
                flips.append(t)
                t += e.on_s * (self.rng.uniform(0.5, 1.5) if e.even else self.rng.expovariate(1))
                flips.append(t)
        return e, start, end, flips

    def outcome(self, t: float, route: str, who: Person, side: str, ms: float) -> tuple[int, float, bool]:
        """Status, milliseconds, whether an effect of new alone did it."""
        w, rng, status, mine = self.w, self.rng, 200, False
        if rng.random() < w.base_error:
            status = 500
        if who is self.heavy and w.heavy_fail and rng.random() < w.heavy_fail:
            status = 500
        since = t - w.baseline
        for e, start, end, flips in self.effects:
            if e.on not in ("both", side) or not start <= since < end:
                continue
            if e.routes and route not in e.routes:
                continue
            if e.one_in and who.order % e.one_in:
                continue
            if not e.arms[0] <= who.arm < e.arms[1]:
                continue
            if e.first and who.requests > 1:
                continue
            if e.cold and t - self.started > e.cold:
                continue
            if flips and bisect(flips, since) % 2 == 0:
                continue
            if e.half and rng.random() < 0.5:
                continue
            p = e.p * min((since - start) / e.grow, 1.0) if e.grow else e.p
            if p < 1 and rng.random() >= p:
                continue
            mine |= e.on == "new"
            if e.what == "slow":
                ms *= e.factor
            elif e.what == "fail":
                status = 503
            elif e.what == "hang":
                ms = GIVEN_UP
            elif e.what == "stall":
                ms += 1000 * (end - since)
            elif status == 200:
                status = STATUS[e.what]
        return (504, GIVEN_UP, mine) if ms >= GIVEN_UP else (status, ms, mine)

    def request(self, t: float) -> None:
        w, rng = self.w, self.rng
        if w.heavy and rng.random() < w.heavy:
            who = self.heavy
        else:
            i = int(rng.random() * len(self.people))
            who = self.people[i]
            if t > who.until:
                who = self.people[i] = self.person(t)
        side = "new" if who.arm < self.share else "old"
        if w.scanners and rng.random() < w.scanners:
            scan = Person(f"s{self.count}", rng, t, 1.0)
            side = "new" if scan.arm < self.share else "old"
            path = f"GET /wp-{rng.randrange(40)}.php"
            status = 500 if side == "new" and rng.random() < 0.5 else 404
            self.emit(t, scan, path, side, status, 5.0)
            return
        who.requests += 1
        r = bisect(self.cumulative, rng.random() * self.cumulative[-1])
        r = min(r, len(self.routes) - 1)
        route, median = self.routes[r], self.median[r]
        if w.extra:
            route, median = self.linked(t, who, side, route, median)
        tries = 1
        while tries:
            tries -= 1
            ms = median * math.exp(rng.gauss(0, w.sigma))
            status, ms, mine = self.outcome(t, route, who, side, ms)
            if route not in self.routes and side == "old":
                status = 404
            if mine and self.onset is None:
                self.onset = t
            self.emit(t, who, route, side, status, ms)
            if mine and side == "new":
                self.out.bad_in_all += 1
                if self.out.pulled is None and self.judge.state != "CONFIRMING":
                    self.bad_units.add((who.name, route, int(t // 60)))
            if status >= 500 and w.retry and rng.random() < w.retry:
                tries += 1
                t += 0.5

    def linked(self, t: float, who: Person, side: str, route: str, median: float) -> tuple[str, float]:
        """A page of new links to what only new has; it stays open for two minutes after a pull."""
        if side == "new":
            who.saw_new = t
        if t - who.saw_new <= 120:
            chance = self.rng.random()
            for extra, share, ms in self.w.extra:
                if chance < share:
                    return extra, ms
                chance -= share
        return route, median

    def emit(self, t: float, who: Person, route: str, side: str, status: int, ms: float) -> None:
        self.count += 1
        self.begun[side] += 1
        done = t + ms / 1000
        a = Attempt(done, who.name, route, side, status, ms, f"q{self.count}")
        if t >= self.first_switch:
            row = self.out.minutes.setdefault(int((t - self.first_switch) // 10), [0, 0, 0, 0])
            i = 0 if side == "new" else 2
            row[i] += 1
            row[i + 1] += status >= 500
            if side == "new" or self.rng.random() < 0.2:
                self.out.slow_minutes.setdefault(int((t - self.first_switch) // 60), [[], []])[side == "old"].append(ms)
        arrival = done + 0.1
        if self.w.late:
            arrival += self.rng.uniform(0, self.w.late)
        if self.w.late_burst:
            arrival = math.ceil(arrival / self.w.late_burst) * self.w.late_burst
        self.late.append((arrival, self.count, a))

    def deliver(self, t: float) -> None:
        if not self.late:
            return
        self.late.sort()
        cut = bisect(self.late, (t, 1 << 60))
        for arrival, _, a in self.late[:cut]:
            if self.wire:
                jump = self.w.clock_step if a.t - self.first_switch > 100 else 0.0
                line = json.dumps(
                    {
                        "ts": f"{1.7e9 + jump + a.t - a.ms / 1000:.6f}",
                        "request": a.request,
                        "method": a.route.split()[0],
                        "path": "/",
                        "code": a.status,
                        "flags": "-",
                        "ms": round(a.ms),
                        "release": a.release,
                        "route": a.route.split()[1],
                        "visitor": a.client,
                        "ip": "10.0.0.1",
                        "ua": "x",
                        "kind": "safe",
                    }
                )
                parsed = parse(line, self.timeline, arrival)
                if parsed is None:
                    raise AssertionError(line)
                self.judge.observe(parsed)
            else:
                self.judge.observe(a)
        del self.late[:cut]

    def set_share(self, t: float, share: float, reason: str, step: tuple[float, float] = (60, 120)) -> None:
        if share > self.share:
            if self.share == 0:
                self.started = t
            self.first_switch = min(self.first_switch, t)
        self.share = share
        if self.passive:
            return
        self.judge.switch(t, share, reason, at_least=step[0], at_most=step[1])

    def go(self, t: float) -> None:
        if self.step_at < len(self.steps):
            step = self.steps[self.step_at]
            self.set_share(t, step.share, "step", (step.at_least, step.at_most))
        else:
            self.set_share(t, 1 - self.w.holdback, "full", (1e9, 1e9))
            self.full_at = t
        self.step_at += 1

    def run(self) -> Outcome:
        out = self.watch_only() if self.passive else self.judged()
        out.requests, out.bad_before_pull = self.count, len(self.bad_units)
        return out

    def judged(self) -> Outcome:
        w, rng, out = self.w, self.rng, self.out
        t = 0.0
        pending: list[tuple[float, str]] = []
        while t < w.baseline + w.horizon:
            n = poisson(rng, w.rps)
            for at in sorted(rng.random() for _ in range(n)):
                self.request(t + at)
            t += 1.0
            self.deliver(t)
            if t == w.baseline:
                self.go(t)
            if self.share == 1 - w.holdback < 1 and t - self.full_at >= w.holdback_ends:
                self.set_share(t, 1.0, "full", (1e9, 1e9))
            for when, what in [p for p in pending if p[0] <= t]:
                pending.remove((when, what))
                if what == "pull":
                    self.set_share(t, 0.0, "pull")
                else:
                    self.steps, self.step_at = list(steps_again(self.steps)), 0
                    self.go(t)
            self.judge.counters(t, self.begun)
            for action in self.judge.tick(t):
                if action.kind is ActionKind.PROBE:
                    self.probe(t, action.route)
                    continue
                if action.kind is ActionKind.PULL:
                    pending.append((t, "pull"))
                    if out.pulled is None:
                        out.pulled = t - (self.onset if self.onset is not None else self.first_switch)
                        out.share_at_pull = self.share
                        self.pull_t = t
                elif action.kind is ActionKind.RESUME:
                    pending.append((t + 1, "resume"))
                elif action.kind is ActionKind.ADVANCE:
                    self.go(t)
                    continue
                out.path += {
                    "PULL": "P",
                    "RESUME": "R",
                    "ROLLBACK": "X",
                    "HELD": "H",
                    "ASK": "A",
                    "HOLD": "B",
                }[action.kind]
                if action.kind in (ActionKind.ROLLBACK, ActionKind.ASK):
                    out.end, out.reason = str(action.kind), action.reason
                    out.verdict = t - (self.onset if self.onset is not None else self.first_switch)
                    out.after_pull = t - self.pull_t
                    return out
        if self.judge.state != "WATCH":
            out.end = self.judge.state
        return out

    def watch_only(self) -> Outcome:
        """Nobody judges: the traffic that judges without actions are shown."""
        w, t, due = self.w, 0.0, self.w.baseline
        while t < w.baseline + w.horizon:
            for at in sorted(self.rng.random() for _ in range(poisson(self.rng, w.rps))):
                self.request(t + at)
            self.late.clear()
            t += 1.0
            if t >= due and self.step_at <= len(self.steps):
                due = t + (self.steps[self.step_at].at_most if self.step_at < len(self.steps) else 1e9)
                self.go(t)
        return self.out

    pull_t = 0.0
    full_at = 0.0

    def probe(self, t: float, listed: str) -> None:
        who = Person("probe", self.rng, t, 1)
        who.order = 1
        who.requests = 5
        i = self.routes.index(listed)
        for side in ("new", "old"):
            status, ms, _ = self.outcome(
                t, listed, who, side, self.median[i] * math.exp(self.rng.gauss(0, self.w.sigma))
            )
            self.judge.observe(Probe(t, listed, side, status, ms))


def poisson(rng: random.Random, mean: float) -> int:
    if mean > 60:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, n, p = math.exp(-mean), 0, rng.random()
    while p > limit:
        n += 1
        p *= rng.random()
    return n
