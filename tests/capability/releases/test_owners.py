"""Several engines, frozen owners, late writers.  mission: SHIP-4"""

from typing import Any

import pytest
from django.db import transaction

from golive.kernel.durable import LeaseLost
from golive.kernel.durable.models import JobRow
from golive.kernel.ports import bind
from golive.ship.releases import queries
from golive.ship.releases.models import Release
from golive.ship.releases.workflows.turn import Turn
from golive.ship.traffic import operations as traffic
from golive.ship.traffic.domain import Split
from golive.ship.traffic.ports import TrafficRouter
from tests.support.fake_router import InterruptedRouter
from tests.support.ship_world import PATIENT, canary, world

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_engines_only_the_owner_of_the_lease_acts() -> None:
    with world(PATIENT) as w:
        other = w.engine("b")
        w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.queue("1.1")
        for _ in range(300):
            w.clock.advance(1)
            w.visit()
            w.drain()
            other.drain()
            if w.state(two) == "WATCH_10M":
                break
        assert w.state(two) == "WATCH_10M"
        kinds = [entry.kind for entry in queries.record(two)]
        assert kinds.count("FULL") == 1
        assert kinds.count("STEP") == 2
        assert w.target.count("boot production") == 2
        assert queries.check_record(two).holds


def test_a_frozen_owner_that_thaws_after_its_lease_changes_nothing() -> None:
    with world(PATIENT) as w:
        one, two = canary(w)
        frozen = next(held for held in w.worker._held.values() if held.job.key == two)
        turn = Turn(frozen.job, Release.objects.get(pk=two))
        w.clock.advance(11)
        heir = w.engine("heir")
        heir.drain()
        assert JobRow.objects.get(pk=frozen.job.id).owner == "engine-heir"
        before = Release.objects.get(pk=two), traffic.desired()
        with pytest.raises(LeaseLost):
            turn.move(
                "ROLLED_BACK",
                "late",
                within=lambda: traffic.set_split(site=turn.site, old=one, new="", share=0.0, at=turn.now),
            )
        with pytest.raises(LeaseLost):
            turn.set(frozen="late")
        with pytest.raises(LeaseLost):
            turn.note("late")
        after = Release.objects.get(pk=two), traffic.desired()
        assert (after[0].state, after[0].frozen, after[1]) == (before[0].state, "", before[1])


@pytest.mark.parametrize("how", [lambda: traffic.move("shop/production"), traffic.apply])
def test_a_late_writer_of_the_edge_can_only_write_the_present_truth(how: Any) -> None:
    with world(PATIENT) as w:
        one, two = canary(w)
        slow = InterruptedRouter(state=w.router.state, requests=w.router.requests, number=w.router.number)
        bind(TrafficRouter, slow)

        def pulled_by_another() -> None:
            with transaction.atomic():
                traffic.set_split(site="shop/production", old=one, new=two, share=0.0, at=w.clock.now())
            traffic.move("shop/production")

        slow.meanwhile = pulled_by_another
        how()
        site = slow.state.site("shop/production")
        assert site is not None
        assert site.split == Split(new=two, old=one, share=0.0)


def test_another_engine_goes_on_with_the_judges_memory() -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
        for _ in range(10):
            w.second()
        w.broken = lambda version, _method, _path: version == "1.1"
        heir = w.engine("heir")
        w.clock.advance(11)
        for _ in range(20):
            w.second(heir)
        assert w.state(two) in ("PULLED", "CONFIRMING", "ROLLED_BACK")
        assert queries.replay(two).same
        explained = queries.explain(two)
        assert explained is not None
        assert explained["baseline"]["units"] > 100
