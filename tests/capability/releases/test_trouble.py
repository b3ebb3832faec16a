"""Trouble that is nobody's fault, or that comes late.  mission: SHIP-5"""

import pytest

from golive.ship.releases import operations, queries
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import Split
from tests.support.ship_world import OPERATOR, PATIENT, world

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_dependency_of_both_is_held_blamed_on_nobody_and_goes_on() -> None:
    with world(PATIENT) as w:
        w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.queue("1.1")
        w.until(two, "STEP")
        for _ in range(25):
            w.second()
        w.broken = lambda _version, method, _path: method == "POST" and w.dice.random() < 0.8
        w.until(two, "HELD", seconds=120)
        assert sites.site("shop/production").share == 0
        w.broken = lambda *_: False
        w.until(two, "WATCH_10M", seconds=600)
        assert w.release(two).resumes >= 1
        assert queries.replay(two).same


def test_trouble_of_both_that_began_with_the_release_waits_for_a_person() -> None:
    with world(PATIENT) as w:
        w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.queue("1.1")
        w.until(two, "STEP")
        w.broken = lambda _version, method, _path: method == "POST" and w.dice.random() < 0.8
        w.until(two, "HELD", seconds=120)
        w.broken = lambda *_: False
        for _ in range(120):
            w.second()
        assert w.state(two) == "HELD"
        assert w.release(two).facts["began_with_release"]
        operations.resume(by=OPERATOR, release=two)
        w.until(two, "WATCH_10M", seconds=600)


def test_a_fault_after_full_is_pulled_while_the_old_release_is_warm() -> None:
    with world(PATIENT) as w:
        one = w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.ship("1.1")
        for _ in range(60):
            w.second()
        w.broken = lambda version, _method, _path: version == "1.1"
        w.until(two, "PULLED", "CONFIRMING", seconds=30)
        assert w.router.state.site("shop/production").split == Split(new=two, old=one, share=0.0)
        w.until(two, "ROLLED_BACK", "STEP", seconds=400)


def test_a_newer_release_waits_until_the_trouble_is_decided() -> None:
    with world(PATIENT) as w:
        w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.ship("1.1")
        operations.pull(by=OPERATOR, release=two)
        w.drain()
        three = w.queue("1.2")
        w.until(three, "WARM")
        w.second()
        assert "1.1 is not decided yet" in w.release(three).waits_for
        operations.rollback(by=OPERATOR, service="shop")
        w.until(three, "STEP")
        assert w.state(two) == "ROLLED_BACK"


def test_a_crash_loop_pulls_without_statistics() -> None:
    with world(PATIENT) as w:
        w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.queue("1.1")
        w.until(two, "STEP")
        w.target.wrong[two] = [("r-0", "crash_loop")]
        for _ in range(3):
            w.second()
        assert w.state(two) in ("PULLED", "CONFIRMING")
