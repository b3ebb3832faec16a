"""Killed anywhere, a release ends lawfully, old or new serves at every moment, and nothing happens twice.

mission: SHIP-4
"""

from collections.abc import Callable
from typing import Any

import pytest

from golive.kernel.ports import bind
from golive.ship.releases import operations, queries
from golive.ship.releases.models import Release
from golive.ship.releases.operations.verbs import NotNow
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import Split
from golive.ship.traffic.ports import TrafficRouter
from golive.ship.traffic.workflows import reconcile
from tests.support.fake_router import FakeRouter
from tests.support.fake_target import Killed
from tests.support.ship_world import OPERATOR, PATIENT, World, canary, world

pytestmark = pytest.mark.django_db(transaction=True)

QUICK = """
service = "shop"
[processes.web]
command = "run"
[environments.production]
watch = ["5s", "10s", "15s"]
steps = [{share = 10, at_least = "2s", at_most = "4s"}, {share = 50, at_least = "2s", at_most = "4s"}, {share = 100}]
"""
CALLS = (
    "build",
    "prove",
    "back up staging",
    "boot staging",
    "workers staging",
    "verify",
    "back up production",
    "boot production",
    "workers production",
)


class MortalRouter(FakeRouter):
    """Dies before or after its n-th change."""

    dies_at = 0
    after = False
    changes = 0

    def _mortal(self, change: Callable[[], Any]) -> Any:
        self.changes += 1
        if self.changes == self.dies_at and not self.after:
            raise Killed("before the edge was told")
        done = change()
        if self.changes == self.dies_at and self.after:
            raise Killed("after the edge was told")
        return done

    def apply(self, state: Any) -> Any:
        return self._mortal(lambda: FakeRouter.apply(self, state))

    def set_split(self, site_id: str, split: Split) -> Any:
        site = self.state.site(site_id)
        if site is None:
            return FakeRouter.set_split(self, site_id, split)
        return self._mortal(lambda: FakeRouter.apply(self, self.state.with_site(site.with_split(split))))


def serves(w: World) -> bool:
    """Whoever the edge sends visitors to is running."""
    site = w.router.state.site("shop/production")
    if site is None or site.split is None:
        return True
    split = site.split
    named = [split.old] if split.share == 0 and split.old else [split.new, split.old]
    return all((one, "production") in w.target.running for one in named if one)


def live_on(w: World, done: Callable[[], bool], *, seconds: int = 200) -> int:
    """Go on second by second with whichever engine lives; returns how many died."""
    deaths, engine = 0, w.worker
    for _ in range(seconds):
        if done():
            return deaths
        assert serves(w)
        w.clock.advance(1)
        w.visit()
        try:
            engine.drain()
        except Killed:
            deaths += 1
            engine = w.engine(f"next-{deaths}")
            w.clock.advance(11)  # the dead owner's lease
    raise AssertionError(f"no end: {[(r.version, r.state, r.waits_for) for r in Release.objects.all()]}")


@pytest.mark.parametrize("call", CALLS)
def test_killed_in_the_middle_of_a_step_it_goes_on(call: str) -> None:
    with world(QUICK) as w:
        w.rate = 5
        w.ship("1.0")
        w.target.dies = call
        two = w.queue("1.1")
        assert live_on(w, lambda: w.state(two) == "WATCH_24H") == 1
        assert w.target.count("migrate production done") == 2
        assert queries.check_record(two).holds
        assert serves(w)


@pytest.mark.parametrize("call", ["migrate production", "migrate production done", "migrate staging done"])
@pytest.mark.parametrize("happened", [True, False])
def test_a_migration_that_was_cut_off_asks_a_person_and_is_never_run_by_itself(call: str, happened: bool) -> None:
    with world(QUICK) as w:
        w.rate = 5
        one = w.ship("1.0")
        ran = w.target.count(call.removesuffix(" done"))
        w.target.dies = call
        two = w.queue("1.1")
        live_on(w, lambda: w.state(two) == "ASKED")
        for _ in range(15):
            w.second(w.engine("later"))
        assert w.state(two) == "ASKED"
        assert w.target.count(call.removesuffix(" done")) == ran + 1
        assert sites.site("shop/production").serving == one
        operations.settle(by=OPERATOR, release=two, happened=happened)
        operations.settle(by=OPERATOR, release=two, happened=happened)  # sent twice: the first answer may be lost
        with pytest.raises(NotNow, match="which is being done"):
            operations.settle(by=OPERATOR, release=two, happened=not happened)
        live_on(w, lambda: w.state(two) == "WATCH_24H")
        assert w.target.count(call.removesuffix(" done")) == ran + (1 if happened else 2)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("change", [1, 2, 3, 4, 6, 8])
def test_killed_around_every_change_of_the_edge_old_or_new_serves(change: int, after: bool) -> None:
    with world(QUICK) as w:
        w.rate = 5
        w.ship("1.0")
        mortal = MortalRouter(state=w.router.state, requests=w.router.requests, number=w.router.number)
        mortal.dies_at, mortal.after = change, after
        w.router = mortal
        bind(TrafficRouter, mortal)
        two = w.queue("1.1")
        live_on(w, lambda: w.state(two) == "SETTLED")
        reconcile()
        site = mortal.state.site("shop/production")
        assert site is not None
        assert site.split == Split.only(two)
        assert [b.release for b in site.backends] == [two]
        assert queries.check_record(two).holds


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("change", [1, 2, 3])
def test_killed_around_the_pull_users_are_safe_as_soon_as_an_engine_lives(change: int, after: bool) -> None:
    with world(PATIENT) as w:
        one, two = canary(w)
        w.broken = lambda version, _method, _path: version == "1.1"
        w.prober.bad = {replica.port for replica in w.target.running[(two, "production")]}
        mortal = MortalRouter(state=w.router.state, requests=w.router.requests, number=w.router.number)
        mortal.dies_at, mortal.after = change, after
        w.router = mortal
        bind(TrafficRouter, mortal)
        live_on(
            w,
            lambda: w.state(two) == "ROLLED_BACK" and (two, "production") not in w.target.running,
            seconds=400,
        )
        site = mortal.state.site("shop/production")
        assert site is not None
        assert site.split == Split.only(one)
        pulls = [entry for entry in queries.record(two) if entry.kind == "PULLED"]
        assert 1 <= len(pulls) <= 2


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("change", [1, 2, 3, 4, 5])
def test_a_first_deployment_killed_around_every_change_of_the_edge_serves_everyone(change: int, after: bool) -> None:
    with world(QUICK) as w:
        w.rate = 5
        mortal = MortalRouter()
        mortal.dies_at, mortal.after = change, after
        w.router = mortal
        bind(TrafficRouter, mortal)
        one = w.queue("1.0")
        live_on(w, lambda: w.state(one) == "SETTLED")
        site = mortal.state.site("shop/production")
        assert site is not None
        assert site.split == Split.only(one)
        assert (w.release(one).sole, w.release(one).replaced) == (True, "")
