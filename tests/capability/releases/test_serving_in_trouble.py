"""What serves fails, and there is nowhere to go back to: users stay in it until a person acts, or it passes.

mission: SHIP-5, RESPOND-1
"""

import pytest

from golive.kernel.problems import Problem
from golive.respond.incidents import queries as incidents
from golive.respond.incidents.queries import IncidentView
from golive.respond.statuspage import queries as statuspage
from golive.ship.releases import operations, queries
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import Split
from tests.support.ship_world import OPERATOR, PATIENT, World, world

pytestmark = pytest.mark.django_db(transaction=True)
BRIEF = PATIENT.replace('watch = ["10m"', 'watch = ["1m"')


def fails(*versions: str) -> object:
    return lambda version, _method, _path: version in versions


def incident_of(release: str) -> IncidentView | None:
    return next((one for one in incidents.latest() if one.release == release), None)


def public() -> tuple[str, str]:
    """The state of the status page, and what it said last."""
    page = statuspage.status()
    said = [update for story in (*page.stories, *page.past_stories) for update in story.updates]
    return page.health, max(said, key=lambda update: update.at).text if said else ""


def returned(w: World, before: str = "") -> tuple[str, str]:
    """A release that serves again because golive has rolled the next one back; `before` was there earlier."""
    if before:
        w.ship(before)
    one = w.ship("1.0")
    w.run(lambda: w.number > 600)
    w.broken = fails("1.1")
    two = w.queue("1.1")
    w.until(two, "ROLLED_BACK", seconds=600)
    assert (w.state(one), public()[0]) == ("WATCH_10M", "operational")
    return one, two


def test_a_target_that_is_bad_too_pages_and_says_what_helps() -> None:
    with world(BRIEF) as w:
        one, _two = returned(w, before="0.9")
        w.broken = fails("1.0", "1.1")
        w.run(lambda: incident_of(one) is not None, seconds=10, what="an incident")
        found, seen = incident_of(one), queries.release(one)
        assert found is not None
        assert (found.severity, found.state, found.blames_release) == ("SEV2", "TRIGGERED", False)
        assert found.title == "Requests of shop 1.0 fail in production"
        assert found.sentence.startswith("Requests to 1.0 fail: ")
        assert "It serves because 1.1 was rolled back, and golive goes no further back by itself" in found.sentence
        assert "first release" not in found.sentence
        assert public() == ("degraded", "Some visitors of shop see errors. We are looking into it.")
        assert (seen.state, seen.needs_person, seen.serving) == ("WATCH_10M", True, True)
        assert [command.text for command in seen.commands] == [
            "golive deploy",
            "golive rollback 0.9 --service shop",
            "golive maintenance on --service shop",
        ]
        assert "requests fail" in next(site.sentence for site in queries.status() if site.environment == "production")
        assert w.router.state.site("shop/production").split == Split(new=None, old=one, share=0.0)
        assert operations.rollback(by=OPERATOR, service="shop").target == one, "without a name it goes nowhere"
        for _ in range(90):
            w.second()
        assert w.state(one) == "WATCH_10M", "what is in trouble is not watched to its good end"
        assert [entry.kind for entry in queries.record(one)].count("release.asked") == 1
        assert incident_of(one).occurrences == 1


def test_it_ends_when_requests_succeed_again_and_begins_anew_when_they_do_not() -> None:
    with world(PATIENT) as w:
        one, _two = returned(w)
        for times in (1, 2):
            w.broken = fails("1.0")
            w.run(lambda: public()[0] == "degraded", seconds=60, what="trouble")
            w.broken = fails()
            for _ in range(40):
                w.second()
            assert incident_of(one).state == "TRIGGERED", "half a minute is no end"
            w.run(lambda: incident_of(one).state == "MITIGATED", seconds=60, what="its end")
            assert public() == ("operational", "shop works normally again.")
            assert incident_of(one).occurrences == times
            seen = queries.release(one)
            assert (seen.needs_person, seen.commands, seen.state) == (False, (), "WATCH_10M")
            assert [entry.kind for entry in queries.record(one)].count("release.back") == times
        assert queries.check_record(one).holds
        w.run(lambda: w.state(one) == "WATCH_1H", seconds=1200)


def test_a_fix_that_serves_everyone_ends_it_and_leaves_nobody_on_what_fails() -> None:
    with world(PATIENT) as w:
        one, _two = returned(w)
        w.broken = fails("1.0")
        w.run(lambda: incident_of(one) is not None, seconds=60, what="an incident")
        three = w.queue("1.2")
        w.until(three, "STEP", seconds=60)
        assert public()[0] == "degraded"
        w.until(three, "WATCH_10M", seconds=300)
        assert incident_of(one).state == "MITIGATED"
        assert public() == ("operational", "shop works normally again.")
        assert w.router.state.site("shop/production").split == Split(new=three, old=one, share=1.0)
        superseded = [entry.facts["sentence"] for entry in queries.record(one) if entry.kind == "SUPERSEDED"]
        assert superseded[-1] == "1.2 takes over from 1.0; its requests failed once until then."


def test_going_further_back_ends_it() -> None:
    with world(PATIENT) as w:
        one, _two = returned(w, before="0.9")
        w.broken = fails("1.0")
        w.run(lambda: incident_of(one) is not None, seconds=60, what="an incident")
        older = next(row for row in queries.releases(service="shop") if row.version == "0.9")
        operations.rollback(by=OPERATOR, service="shop", to=older.id)
        w.until(one, "ROLLED_BACK", seconds=30)
        assert incident_of(one).state == "MITIGATED"
        assert (public()[0], sites.site("shop/production").serving) == ("operational", older.id)


def test_a_fix_that_fails_as_well_leaves_the_trouble_open() -> None:
    with world(PATIENT) as w:
        one, _two = returned(w)
        w.broken = fails("1.0", "1.2")
        w.run(lambda: incident_of(one) is not None, seconds=60, what="an incident")
        three = w.queue("1.2")
        w.until(three, "STEP", seconds=60)
        operations.rollback(by=OPERATOR, service="shop")
        w.until(three, "ROLLED_BACK", seconds=30)
        for _ in range(120):
            w.second()
        assert (incident_of(one).state, public()[0]) == ("TRIGGERED", "degraded")
        assert queries.release(one).needs_person
        w.broken = fails()
        w.run(lambda: incident_of(one).state == "MITIGATED", seconds=120, what="its end")


@pytest.mark.parametrize("seconds", [0, 20])
def test_a_first_release_that_fails_is_told_to_everybody_until_it_does_not(seconds: int) -> None:
    with world(PATIENT) as w:
        w.broken = fails() if seconds else fails("1.0")
        one = w.ship("1.0")
        for _ in range(seconds):
            w.second()
        w.broken = fails("1.0")
        w.run(lambda: incident_of(one) is not None, seconds=60, what="an incident")
        found = incident_of(one)
        assert (found.severity, public()[0]) == ("SEV2", "degraded")
        assert "It is the first release: there is none to go back to" in found.sentence
        assert [command.text for command in queries.release(one).commands] == [
            "golive deploy",
            "golive maintenance on --service shop",
        ]
        w.broken = fails()
        w.run(lambda: incident_of(one).state == "MITIGATED", seconds=120, what="its end")
        assert public() == ("operational", "shop works normally again.")


def test_a_crash_loop_of_a_first_release_ends_when_it_is_over() -> None:
    with world(PATIENT) as w:
        one = w.ship("1.0")
        w.target.wrong[one] = [("r-0", "crash_loop")]
        w.run(lambda: incident_of(one) is not None, seconds=60, what="an incident")
        assert (incident_of(one).severity, public()[0]) == ("SEV1", "outage")
        w.target.wrong.clear()
        w.run(lambda: incident_of(one).state == "MITIGATED", seconds=120, what="its end")
        assert public() == ("operational", "shop works normally again.")


@pytest.mark.parametrize(("replicas", "severity"), [(1, "SEV2"), (2, "SEV1")])
def test_a_first_release_without_its_database_names_it(replicas: int, severity: str) -> None:
    with world(PATIENT) as w:
        one = w.ship("1.0")
        w.target.wrong[one] = [(f"r-{n}", "database_connection") for n in range(replicas)]
        w.run(lambda: incident_of(one) is not None, seconds=10, what="an incident")
        found = incident_of(one)
        assert found.severity == severity
        assert found.sentence.startswith("1.0 cannot reach its database.")


def test_planned_maintenance_ends_no_trouble() -> None:
    with world(PATIENT) as w:
        one, _two = returned(w)
        w.broken = fails("1.0")
        w.run(lambda: incident_of(one) is not None, seconds=60, what="an incident")
        operations.maintenance(by=OPERATOR, service="shop", on=True)
        w.rate = 0
        for _ in range(700):
            w.second()
        assert incident_of(one).state == "TRIGGERED"
        operations.maintenance(by=OPERATOR, service="shop", on=False)
        w.broken, w.rate = fails(), 20
        w.run(lambda: incident_of(one).state == "MITIGATED", seconds=120, what="its end")


def test_an_engine_that_goes_on_in_the_middle_of_it_pages_nobody_again_and_sees_its_end() -> None:
    with world(PATIENT) as w:
        one, _two = returned(w)
        w.broken = fails("1.0")
        w.run(lambda: incident_of(one) is not None, seconds=60, what="an incident")
        w.clock.advance(15)
        w.worker = w.engine("heir")
        for _ in range(120):
            w.second()
        assert (incident_of(one).state, incident_of(one).occurrences) == ("TRIGGERED", 1)
        w.broken = fails()
        w.run(lambda: incident_of(one).state == "MITIGATED", seconds=120, what="its end")


def test_a_bad_release_whose_predecessor_does_not_start_pages_as_users_stay_on_it() -> None:
    with world(PATIENT) as w:
        w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.ship("1.1")
        for minutes in (11, 60):
            w.wait(minutes=minutes)
        w.run(lambda: w.state(two) == "WATCH_24H" and not sites.site("shop/production").leaving, seconds=120)
        w.target.fails = {"boot production": Problem("The port is taken.")}
        w.broken = fails("1.1")
        w.run(lambda: incident_of(two) is not None, seconds=60, what="an incident")
        found = incident_of(two)
        assert (found.severity, public()[0]) == ("SEV2", "degraded")
        assert "1.0 does not start: The port is taken." in found.sentence
        w.broken = fails()
        w.run(lambda: incident_of(two).state == "MITIGATED", seconds=120, what="its end")
