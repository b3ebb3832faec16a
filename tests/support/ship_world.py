"""A service with visitors, a fake edge and a fake target: releases move second by second, in no time."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from golive.kernel import clock as clocks
from golive.kernel.access.roles import Actor, Role
from golive.kernel.config import settings
from golive.kernel.durable import Worker
from golive.kernel.ids import new_id
from golive.kernel.ports import bound
from golive.respond.notices.queries import Outbox
from golive.ship.artifacts.ports import Repositories
from golive.ship.board.ports import Listeners
from golive.ship.judge.ports import Prober
from golive.ship.releases import operations
from golive.ship.releases.models import Release
from golive.ship.releases.operations import Revision
from golive.ship.releases.ports import StandIn, Target
from golive.ship.releases.workflows import engine  # noqa: F401  registers the kinds
from golive.ship.releases.workflows.stand_in import StandInEngine
from golive.ship.services import operations as services
from golive.ship.traffic import queries as sites
from golive.ship.traffic.ports import TrafficRouter
from tests.support.clock import FakeClock
from tests.support.fake_router import FakeRouter
from tests.support.fake_target import FakeProber, FakeTarget

OPERATOR = Actor("person", "1", "Olga", Role.ADMIN, "olga@example.org")
APPROVER = Actor("person", "2", "Ada", Role.APPROVER, "ada@example.org")
KINDS = {"ship.prepare", "ship.release"}
MANIFEST = """
service = "shop"
[processes.web]
command = "run"
[environments.production]
probes = ["/products"]
watch = ["10m", "1h", "24h"]
steps = [{share = 10, at_least = "5s", at_most = "10s"}, {share = 50, at_least = "5s", at_most = "10s"}, {share = 100}]
"""
PATIENT = MANIFEST.replace('"5s"', '"20s"').replace('"10s"', '"60s"')
Broken = Callable[[str, str, str], bool]  # (release version or "", method, path) -> fails


class Commits:
    """Who wrote what a release brings: `since` names the authors by the revision that served before."""

    def __init__(self) -> None:
        self.since: dict[str, list[str]] = {}

    def authors(self, _service: str, old: str, _new: str) -> list[str]:
        return self.since.get(old, [])


class World:
    """Visitors come once per `second`, `rate` requests each; `broken` decides which attempts fail."""

    def __init__(self, manifest: str = MANIFEST) -> None:
        # Ahead of the machine's clock for the whole test: what is due now is due here, however slow the machine.
        self.clock = FakeClock(clocks.now() + timedelta(hours=2))
        self.router, self.target, self.prober = FakeRouter(), FakeTarget(), FakeProber()
        self.commits = Commits()
        self.rate, self.broken = 20, (lambda _version, _method, _path: False)
        self.dice = random.Random(1)
        self.log: Path = settings().edge / "attempts.json"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        self.manifest = manifest
        self.service = services.register(by=OPERATOR, manifest_text=manifest, repository="/srv/shop").name
        self.worker = self.engine("a")
        self.number = 0

    def engine(self, name: str) -> Worker:
        return Worker(f"engine-{name}", threads=4, clock=self.clock, kinds=KINDS)

    def stand_in(self, patience_s: float = 0.0) -> StandInEngine:
        """The asking process, which waits by moving the clock."""
        return StandInEngine("stand-in", pause=self.clock.advance, clock=self.clock, patience_s=patience_s)

    def queue(self, version: str, by: Actor = OPERATOR, author: str = "mira@example.org") -> str:
        what = Revision(
            self.service, new_id("x")[-12:] * 3, version, f"Work on {version}", author, self.clock.now(), self.manifest
        )
        return operations.queue(by=by, what=what)

    def release(self, release_id: str) -> Release:
        return Release.objects.get(pk=release_id)

    def state(self, release_id: str) -> str:
        return self.release(release_id).state

    def drain(self, worker: Worker | None = None) -> None:
        (worker or self.worker).drain()

    def second(self, worker: Worker | None = None) -> None:
        """One second goes by: visitors come, then the engine has its turn."""
        self.clock.advance(1)
        self.visit()
        self.drain(worker)

    def run(self, until: Callable[[], bool], *, seconds: int = 1200, what: str = "it") -> None:
        for _ in range(seconds):
            if until():
                return
            self.second()
        raise AssertionError(f"{what} did not come true in {seconds} s")

    def until(self, release_id: str, *states: str, seconds: int = 1200) -> None:
        self.run(
            lambda: self.state(release_id) in states,
            seconds=seconds,
            what=f"{states}, it is {self.state(release_id)},",
        )

    def ship(self, version: str) -> str:
        """Bring a good release to its watch."""
        release_id = self.queue(version)
        self.until(release_id, "WATCH_10M")
        return release_id

    def visit(self) -> None:
        site = sites.site(f"{self.service}/production")
        if site is None or not (site.old or site.new):
            return
        names = dict(Release.objects.values_list("pk", "version"))
        lines = []
        served = self.router.state.site(site.id)
        split = served.split if served else None
        if split is None:
            return
        for _ in range(self.rate):
            visitor = self.dice.randrange(200)
            place = (visitor * 7919 % 1000) / 1000
            release = split.new if split.new and (place < split.share or not split.old) else split.old
            assert release is not None
            method, path = self.dice.choice(
                [("GET", "/"), ("GET", "/products"), ("GET", "/products/7"), ("POST", "/checkout")]
            )
            self.number += 1
            failed = self.broken(names[release], method, path)
            counts = self.router.requests.setdefault(site.id, {})
            counts[release] = counts.get(release, 0) + 1
            ms = self.dice.lognormvariate(3, 0.4)
            lines.append(
                json.dumps(
                    {
                        "ts": f"{self.clock.now().timestamp() - ms / 1000 - self.dice.random() * 0.5:.6f}",
                        "request": f"req-{self.number}",
                        "method": method,
                        "path": path,
                        "code": 500 if failed else 200,
                        "flags": "-",
                        "ms": round(ms),
                        "release": release,
                        "replica": "r",
                        "route": None,
                        "visitor": f"visitor-{visitor}",
                        "ip": f"10.0.{visitor % 250}.7",
                        "ua": "test",
                        "kind": "safe",
                        "site": site.id,
                        "bytes": 10,
                    }
                )
            )
        with self.log.open("a") as file:
            file.write("\n".join(lines) + "\n")

    def wait(self, **length: float) -> None:
        """Let a long time go by without visitors."""
        self.clock.advance(timedelta(**length).total_seconds())
        self.drain()


@contextmanager
def world(manifest: str = MANIFEST) -> Iterator[World]:
    made = World(manifest)
    with ExitStack() as stack:
        stack.enter_context(bound(TrafficRouter, made.router))
        stack.enter_context(bound(Target, made.target))
        stack.enter_context(bound(StandIn, made.stand_in()))
        stack.enter_context(bound(Prober, made.prober))
        stack.enter_context(bound(Repositories, made.commits))
        stack.enter_context(bound(Listeners, Outbox()))
        yield made


def pair(w: World) -> tuple[str, str]:
    """The one before, and a release that has taken over from it; the judge knows what is usual."""
    one = w.ship("1.0")
    w.run(lambda: w.number > 600)
    return one, w.ship("1.1")


def canary(w: World) -> tuple[str, str]:
    """The one that serves most, and a release that some users are on; the judge knows what is usual."""
    one = w.ship("1.0")
    w.run(lambda: w.number > 600)
    two = w.queue("1.1")
    w.until(two, "STEP")
    return one, two
