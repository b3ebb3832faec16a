"""A bad release while golive's engine is dead, slow or frozen: a person takes the users off it all the same.  mission: SHIP-6"""

from datetime import timedelta

import pytest

from golive.kernel.durable import LeaseLost, enqueue, taken
from golive.kernel.durable.models import JobRow, JobState
from golive.kernel.ports import bind
from golive.ship.releases import operations, queries
from golive.ship.releases.models import Release
from golive.ship.releases.operations.jobs import RELEASE
from golive.ship.releases.ports import StandIn
from golive.ship.releases.workflows.turn import Turn
from golive.ship.traffic import operations as traffic
from golive.ship.traffic.domain import Split
from golive.ship.traffic.ports import TrafficRouter
from tests.support.fake_router import InterruptedRouter
from tests.support.ship_world import OPERATOR, PATIENT, World, canary, world

pytestmark = pytest.mark.django_db(transaction=True)
LEASE = 10.0  # seconds until what a dead engine held may be taken


def seen_canary(w: World) -> tuple[str, str]:
    """As `canary`; the judge has seen both."""
    releases = canary(w)
    for _ in range(4):
        w.second()
    return releases


def split(w: World) -> Split | None:
    site = w.router.state.site("shop/production")
    return site.split if site else None


def job(release: str) -> JobRow:
    return JobRow.objects.get(kind=RELEASE, key=release)


def count(release: str, kind: str) -> int:
    return [entry.kind for entry in queries.record(release)].count(kind)


def test_users_leave_a_release_whose_engine_is_dead_and_the_next_engine_goes_on_from_there() -> None:
    with world(PATIENT) as w:
        one, two = seen_canary(w)
        judged = queries.explain(two)
        w.clock.advance(LEASE + 1)
        operations.pull(by=OPERATOR, release=two, comment="checkout is broken")
        assert w.state(two) == "PULLED"
        assert split(w) == Split(new=two, old=one, share=0.0)
        assert job(two).state == JobState.READY
        assert (count(two, "verb.pull"), count(two, "PULLED")) == (1, 1)
        heir = w.engine("heir")
        for _ in range(30):
            w.second(heir)
        assert w.state(two) == "PULLED"
        assert job(two).owner == "engine-heir"
        after = queries.explain(two)
        assert judged is not None
        assert after is not None
        assert after["baseline"] == judged["baseline"]
        operations.resume(by=OPERATOR, release=two)
        w.worker = heir
        w.until(two, "STEP", seconds=60)
        assert queries.check_record(two).holds
        assert "nothing to compare" in queries.replay(two).sentence, "its journal holds, and only people decided"


def test_an_engine_that_died_this_moment_is_waited_for_as_long_as_its_lease() -> None:
    with world(PATIENT) as w:
        _one, two = seen_canary(w)
        bind(StandIn, w.stand_in(patience_s=12))
        before = w.clock.now()
        operations.pull(by=OPERATOR, release=two)
        assert w.state(two) == "PULLED"
        assert w.clock.now() - before <= timedelta(seconds=LEASE + 1)


def test_an_engine_that_lives_but_is_slow_keeps_its_release() -> None:
    with world(PATIENT) as w:
        _one, two = seen_canary(w)
        held = job(two)

        def live(seconds: float) -> None:
            """The engine's heart renews the lease while its work is stuck."""
            w.clock.advance(seconds)
            JobRow.objects.filter(pk=held.pk).update(due_at=w.clock.now() + timedelta(seconds=LEASE))

        stand_in = w.stand_in(patience_s=12)
        stand_in._pause = live
        bind(StandIn, stand_in)
        operations.pull(by=OPERATOR, release=two)
        assert (w.state(two), job(two).fence, job(two).owner) == ("STEP", held.fence, held.owner)
        w.drain()
        assert w.state(two) == "PULLED"
        assert count(two, "PULLED") == 1


def test_an_engine_that_was_frozen_past_its_lease_changes_nothing_afterwards() -> None:
    with world(PATIENT) as w:
        one, two = seen_canary(w)
        frozen = next(held for held in w.worker._held.values() if held.job.key == two)
        turn = Turn(frozen.job, Release.objects.get(pk=two))
        w.clock.advance(LEASE + 1)
        operations.pull(by=OPERATOR, release=two)
        before = traffic.desired()
        with pytest.raises(LeaseLost):
            turn.move(
                "FULL",
                "late",
                within=lambda: traffic.set_split(site=turn.site, old=one, new=two, share=1.0, at=turn.now),
            )
        w.drain()
        assert w.state(two) == "PULLED"
        assert traffic.desired() == before
        assert split(w) == Split(new=two, old=one, share=0.0)
        assert count(two, "FULL") == 0


def test_one_job_is_taken_and_no_other() -> None:
    with world(PATIENT) as w:
        for release in ("rel_a", "rel_b"):
            enqueue(RELEASE, key=release)
        with taken(RELEASE, key="rel_b", owner="stand-in", clock=w.clock) as held:
            assert held is not None
            assert (held.key, job("rel_a").state, job("rel_b").owner) == ("rel_b", JobState.READY, "stand-in")
            with taken(RELEASE, key="rel_b", owner="another", clock=w.clock) as twice:
                assert twice is None
        assert (job("rel_b").state, job("rel_b").owner) == (JobState.READY, "")


def test_an_engine_that_comes_back_in_the_middle_waits_for_its_turn() -> None:
    with world(PATIENT) as w:
        _one, two = seen_canary(w)
        heir, owners = w.engine("heir"), []
        router = InterruptedRouter(state=w.router.state, requests=w.router.requests, number=w.router.number)
        w.router = router
        bind(TrafficRouter, router)

        def engine_looks() -> None:
            heir.drain()
            owners.append(job(two).owner)

        router.meanwhile = engine_looks
        w.clock.advance(LEASE + 1)
        operations.pull(by=OPERATOR, release=two)
        assert owners == ["stand-in"]
        heir.drain()
        assert job(two).owner == "engine-heir"
        assert (w.state(two), count(two, "PULLED")) == ("PULLED", 1)


def test_a_control_room_that_freezes_in_the_middle_is_the_one_that_is_refused() -> None:
    with world(PATIENT) as w:
        one, two = seen_canary(w)
        heir = w.engine("heir")
        w.clock.advance(LEASE + 1)
        with taken(RELEASE, key=two, owner="stand-in", clock=w.clock) as frozen:
            assert frozen is not None
            w.clock.advance(LEASE + 1)
            operations.pull(by=OPERATOR, release=two)
            heir.drain()
            late = Turn(frozen, Release.objects.get(pk=two))
            with pytest.raises(LeaseLost):
                late.set(frozen="late")
        heir.drain()
        assert (w.state(two), count(two, "PULLED")) == ("PULLED", 1)
        assert split(w) == Split(new=two, old=one, share=0.0)


def test_pulling_twice_is_pulling_once_and_tells_an_edge_that_was_not_told() -> None:
    with world(PATIENT) as w:
        one, two = seen_canary(w)
        w.clock.advance(LEASE + 1)
        operations.pull(by=OPERATOR, release=two)
        # Whoever pulled died between the row and the edge.
        w.router.set_split("shop/production", Split(new=two, old=one, share=0.1))
        operations.pull(by=OPERATOR, release=two)
        assert split(w) == Split(new=two, old=one, share=0.0)
        assert (count(two, "verb.pull"), count(two, "PULLED")) == (1, 1)


def test_what_has_no_users_or_nothing_before_it_is_not_pulled_and_not_taken() -> None:
    with world(PATIENT) as w:
        one = w.queue("1.0")
        w.until(one, "WATCH_10M")
        w.run(lambda: w.number > 600)
        two = w.queue("1.1")
        w.clock.advance(LEASE + 1)
        fences = job(one).fence, list(JobRow.objects.filter(key=two).values_list("fence", flat=True))
        for release in (one, two):
            with pytest.raises(operations.NotNow):
                operations.pull(by=OPERATOR, release=release)
        assert fences == (job(one).fence, list(JobRow.objects.filter(key=two).values_list("fence", flat=True)))


def test_a_release_before_it_that_no_longer_runs_is_started_first() -> None:
    with world() as w:
        one, two = seen_canary(w)
        w.until(two, "WATCH_10M")
        w.wait(minutes=10)
        w.until(two, "WATCH_1H", seconds=10)
        w.wait(hours=1)
        w.until(two, "WATCH_24H", seconds=10)
        w.run(lambda: (one, "production") not in w.target.running, seconds=60)
        w.clock.advance(LEASE + 1)
        operations.pull(by=OPERATOR, release=two)
        assert w.state(two) == "PULLED"
        assert (one, "production") in w.target.running
        assert split(w) == Split(new=two, old=one, share=0.0)
        assert w.target.workers["production"] == one
