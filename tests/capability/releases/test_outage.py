"""What serves for long stops to: somebody is told, though no release is in the judge's sight.  mission: RESPOND-1"""

import pytest

from golive.respond.incidents import queries
from golive.respond.incidents.queries import IncidentView
from golive.ship.releases import operations
from golive.ship.releases import queries as releases
from golive.ship.releases.models import Outage, Record
from golive.ship.releases.workflows import outage
from tests.support.ship_world import OPERATOR, World, world

pytestmark = pytest.mark.django_db(transaction=True)


def settled(w: World) -> str:
    one = w.ship("1.0")
    for hours in (0.2, 1.1, 25):
        w.wait(hours=hours)
    assert w.state(one) == "SETTLED"
    return one


def break_all(w: World, release: str, kind: str = "crash_loop") -> None:
    w.target.wrong[release] = [(one.id, kind) for one in w.target.running[(release, "production")]]


def look(w: World, times: int = 1) -> list[IncidentView]:
    for _ in range(times):
        w.clock.advance(10)
        outage.look(w.clock.now())
    return queries.latest()


def test_a_settled_release_that_is_down_is_an_outage_until_it_serves_again() -> None:
    with world() as w:
        one = settled(w)
        break_all(w, one)
        assert look(w, 2) == []
        (found,) = look(w)
        assert (found.severity, found.state, found.release) == ("SEV1", "TRIGGERED", one)
        assert found.title == "shop 1.0 is down in production"
        assert not found.blames_release
        assert "Both of its replicas crash again and again." in found.sentence
        down = releases.release(one)
        assert (down.down, down.down_since) == (found.sentence, Outage.objects.get(release_id=one).since)
        assert [(site.down, site.sentence) for site in releases.status()] == [
            (True, "1.0 is down"),
            (False, "1.0 serves everyone"),
        ]
        (same,) = look(w, 5)
        assert same.occurrences == 1
        w.target.wrong.clear()
        (still,) = look(w, 2)
        assert still.state == "TRIGGERED"
        (back,) = look(w)
        assert back.state == "MITIGATED"
        back_again = releases.release(one)
        assert (back_again.down, back_again.down_since) == ("", None)
        assert not Outage.objects.exists()
        kinds = list(Record.objects.filter(release_id=one).order_by("-seq").values_list("kind", flat=True)[:2])
        assert kinds == ["release.back", "release.down"]


def test_a_settled_release_whose_replicas_lost_their_database_is_down() -> None:
    with world() as w:
        break_all(w, settled(w), "database_connection")
        (found,) = look(w, 3)
        assert "Both of its replicas cannot reach their database." in found.sentence


def test_one_that_serves_for_moments_between_crashes_is_down_all_the_time() -> None:
    with world() as w:
        one = settled(w)
        for _ in range(4):
            break_all(w, one)
            look(w, 3)
            w.target.wrong.clear()
            look(w, 2)
        (found,) = queries.latest()
        assert (found.state, found.occurrences) == ("TRIGGERED", 1)


def test_as_long_as_one_replica_works_users_are_served() -> None:
    with world() as w:
        one = settled(w)
        break_all(w, one)
        w.target.wrong[one].pop()
        assert look(w, 6) == []


def test_what_was_not_looked_at_for_long_was_not_down_for_long() -> None:
    with world() as w:
        break_all(w, settled(w))
        look(w)
        w.clock.advance(3600)  # the machine was off; now everything is on its way up
        assert look(w) == []
        assert len(look(w, 2)) == 1


def test_a_release_in_the_judges_sight_is_the_judges() -> None:
    with world() as w:
        one = w.ship("1.0")
        w.target.wrong[one] = []
        break_all(w, one)
        assert look(w, 6) == []


def test_in_maintenance_nobody_is_served_on_purpose() -> None:
    with world() as w:
        break_all(w, settled(w))
        operations.maintenance(by=OPERATOR, service="shop", on=True)
        assert look(w, 6) == []
        operations.maintenance(by=OPERATOR, service="shop", on=False)
        assert look(w) == []
        operations.maintenance(by=OPERATOR, service="shop", on=True)
        assert look(w, 6) == []
        operations.maintenance(by=OPERATOR, service="shop", on=False)
        assert len(look(w, 3)) == 1


def test_a_release_that_serves_again_after_a_failed_repair_is_well_though_it_is_watched_anew() -> None:
    with world() as w:
        one = settled(w)
        break_all(w, one)
        look(w, 4)
        repair = w.queue("1.1")
        w.until(repair, "STEP")
        operations.rollback(by=OPERATOR, service="shop")
        w.until(repair, "ROLLED_BACK")
        assert w.state(one) == "WATCH_10M"
        w.target.wrong.clear()
        found = look(w, 4)
        assert {one.state for one in found if one.severity == "SEV1"} == {"MITIGATED"}
        assert not Outage.objects.exists()


def test_a_newer_release_that_serves_ends_the_outage() -> None:
    with world() as w:
        break_all(w, settled(w))
        look(w, 4)
        w.target.wrong.clear()
        two = w.queue("1.1")
        w.until(two, "WATCH_10M", "ASKED", "HELD")
        assert w.state(two) == "WATCH_10M"
        (found,) = look(w)
        assert (found.state, Outage.objects.count()) == ("MITIGATED", 0)
