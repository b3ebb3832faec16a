"""Trouble that is nobody's fault, or that comes late.  mission: SHIP-5"""

import pytest

from golive.ship.releases import operations, queries
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import Split
from tests.support.ship_world import OPERATOR, PATIENT, World, canary, world

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_dependency_of_both_is_held_blamed_on_nobody_and_goes_on() -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
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
        _one, two = canary(w)
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
        for _ in range(60):
            w.second()
        w.broken = lambda version, _method, _path: version == "1.1"
        w.until(two, "CONFIRMING", seconds=60)
        three = w.queue("1.2")
        w.until(three, "WARM", seconds=60)
        w.second()
        assert w.state(two) == "CONFIRMING"
        assert "1.1 is not decided yet" in w.release(three).waits_for
        operations.rollback(by=OPERATOR, service="shop")
        w.until(three, "STEP")
        assert w.state(two) == "ROLLED_BACK"


def held(w: World) -> tuple[str, str]:
    """A release that serves, and one that is held for a person because the trouble of both began with it."""
    one, two = canary(w)
    w.broken = lambda _version, method, _path: method == "POST" and w.dice.random() < 0.8
    w.until(two, "HELD", seconds=120)
    w.broken = lambda *_: False
    return one, two


def test_a_newer_release_ends_a_held_one_first_and_then_goes_on() -> None:
    with world(PATIENT) as w:
        one, two = held(w)
        backups = w.target.count("back up production")
        three = w.queue("1.2")
        w.run(lambda: "rolled back first" in w.release(three).waits_for, seconds=60)
        assert w.target.count("back up production") == backups
        w.until(three, "STEP", seconds=120)
        assert w.state(two) == "ROLLED_BACK"
        row = w.release(two)
        assert (row.reason, row.facts["newer"], row.facts["automatic"]) == (
            "superseded",
            three,
            False,
        )
        assert row.sentence.startswith(f"1.2, which {OPERATOR} deployed, takes its turn.")
        assert w.release(three).replaced == one
        assert w.router.state.site("shop/production").split == Split(new=three, old=one, share=0.1)
        wish = next(e for e in queries.record(two) if e.kind == "verb.rollback")
        assert (wish.facts["newer"], wish.facts["by"]) == (three, str(OPERATOR))
        assert queries.check_record(two).holds
        w.until(three, "WATCH_10M", seconds=600)


@pytest.mark.parametrize("full", [False, True])
def test_a_newer_release_ends_one_that_a_person_pulled(full: bool) -> None:
    with world(PATIENT) as w:
        one = w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.ship("1.1") if full else w.queue("1.1")
        w.until(two, "WATCH_10M" if full else "STEP")
        operations.pull(by=OPERATOR, release=two)
        w.drain()
        three = w.queue("1.2")
        w.until(three, "STEP", seconds=120)
        assert (w.state(two), w.release(three).replaced) == ("ROLLED_BACK", one)


def test_an_older_release_ends_no_newer_one_that_is_held() -> None:
    approved = PATIENT.replace("probes =", "approvals = 1\nauthor_may_approve = true\nprobes =")
    with world() as w:
        w.manifest = approved
        late = w.queue("0.9")
        w.until(late, "AWAITING_APPROVAL")
        w.manifest = PATIENT
        _one, two = held(w)
        operations.approve(by=OPERATOR, release=late)
        for _ in range(20):
            w.second()
        assert (w.state(late), w.state(two)) == ("APPROVED", "HELD")
        assert "golive resume 1.1" in w.release(late).waits_for


def test_a_word_of_a_person_counts_before_the_turn_of_a_newer_release() -> None:
    with world(PATIENT) as w:
        _one, two = held(w)
        three = w.queue("1.2")
        operations.resume(by=OPERATOR, release=two)
        newer, place = w.release(three), sites.site("shop/production")
        assert not operations.give_way(release=two, newer=newer, to=place.old)
        w.until(two, "STEP", seconds=30)


def test_what_is_held_says_what_it_waits_for_and_what_to_type() -> None:
    with world(PATIENT) as w:
        _one, two = held(w)
        seen = queries.release(two)
        assert seen.needs_person
        assert seen.waits_for.startswith("It waits for a person")
        assert [command.text for command in seen.commands] == [
            "golive resume 1.1",
            "golive rollback --service shop",
        ]


def test_a_crash_loop_pulls_without_statistics() -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
        w.target.wrong[two] = [("r-0", "crash_loop")]
        for _ in range(3):
            w.second()
        assert w.state(two) in ("PULLED", "CONFIRMING")


def test_a_replica_that_lost_its_database_pulls_and_is_blamed_when_the_old_release_has_it() -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
        w.target.wrong[two] = [("r-0", "database_connection")]
        w.until(two, "PULLED", "CONFIRMING", seconds=3)
        assert w.release(two).reason in ("database_connection", "confirming")
        pulled = next(entry for entry in queries.record(two) if entry.kind == "PULLED")
        assert pulled.facts["sentence"].startswith("The new release cannot reach its database.")
        w.until(two, "ROLLED_BACK", seconds=30)


def test_a_database_that_both_have_lost_is_nobodys_fault() -> None:
    with world(PATIENT) as w:
        one, two = canary(w)
        for _ in range(25):
            w.second()
        w.target.wrong[two] = [(f"r-{n}", "database_connection") for n in range(2)]  # all of its replicas
        w.second()
        w.second()
        w.target.wrong[one] = [("r-0", "database_connection")]  # asked a little later
        w.until(two, "HELD", seconds=10)
        assert w.release(two).facts["began_with_release"] is False


def test_a_database_that_is_away_for_a_moment_costs_no_release() -> None:
    with world(PATIENT) as w:
        _one, two = canary(w)
        w.target.wrong[two] = [("r-0", "database_connection")]
        w.until(two, "PULLED", "CONFIRMING", seconds=3)
        w.target.wrong.clear()
        w.until(two, "WATCH_10M", seconds=900)
