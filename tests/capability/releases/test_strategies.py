"""What the owner chose in golive.toml, through the engine: everyone at once, and a person where nothing can be known."""

import pytest

from golive.respond.incidents import queries as incidents
from golive.ship.releases import operations, queries
from golive.ship.traffic.domain import Split
from tests.support.ship_world import OPERATOR, World, world

pytestmark = pytest.mark.django_db(transaction=True)
BLUE_GREEN = """
service = "shop"
[processes.web]
command = "run"
[environments.production]
probes = ["/products"]
strategy = "bluegreen"
"""
ASKS = """
service = "shop"
[processes.web]
command = "run"
[environments.production]
on_inconclusive = "ask"
steps = [{share = 10, at_least = "20s", at_most = "60s"}, {share = 50, at_least = "20s", at_most = "60s"}]
"""


def entered(release: str) -> list[str]:
    return [entry.kind for entry in queries.record(release) if entry.kind.isupper()]


def split(w: World) -> Split | None:
    site = w.router.state.site("shop/production")
    return site.split if site else None


def test_a_bad_release_that_everyone_gets_at_once_is_pulled_and_rolled_back() -> None:
    with world(BLUE_GREEN) as w:
        one = w.ship("1.0")
        w.run(lambda: w.number > 600)
        w.broken = lambda version, _method, _path: version == "1.1"
        two = w.queue("1.1")
        w.until(two, "WATCH_10M")
        assert split(w) == Split(new=two, old=one, share=1.0)
        w.until(two, "PULLED", "CONFIRMING", seconds=10)
        assert split(w) == Split(new=two, old=one, share=0.0)
        assert "STEP" not in entered(two)
        w.until(two, "ROLLED_BACK", seconds=120)
        row = w.release(two)
        assert row.facts["automatic"]
        assert row.facts["seconds_to_pull"] <= 5
        assert (split(w), w.state(one)) == (Split(new=None, old=one, share=0.0), "WATCH_10M")


def undecided(w: World) -> tuple[str, str]:
    """The release that serves, and a canary of which so few visitors tell that nothing can be known."""
    one = w.ship("1.0")
    w.run(lambda: w.number > 600)
    w.rate = 1
    two = w.queue("1.1")
    w.run(lambda: bool(w.release(two).frozen), seconds=300, what="the question")
    return one, two


def test_who_wants_to_be_asked_is_asked_when_a_step_could_not_tell() -> None:
    with world(ASKS) as w:
        one, two = undecided(w)
        for _ in range(200):
            w.second()
        seen = queries.release(two)
        assert (seen.state, seen.step, split(w)) == ("STEP", 0, Split(new=two, old=one, share=0.1))
        assert seen.needs_person
        assert "cannot be known" in seen.waits_for or "would have been seen" in seen.waits_for
        typed = [command.text for command in seen.commands]
        assert {"golive promote 1.1", "golive rollback --service shop"} <= set(typed)
        (asked,) = [entry for entry in queries.record(two) if entry.kind == "release.asked"]
        assert (asked.facts["question"], asked.facts["answers"]) == ("step", ["promote", "rollback"])
        (incident,) = incidents.open_incidents()
        assert (incident.severity, incident.occurrences) == ("SEV3", 1)
        operations.promote(by=OPERATOR, release=two)
        w.drain()
        assert (w.release(two).step, w.release(two).frozen) == (1, "")


def test_a_person_who_is_asked_may_say_no() -> None:
    with world(ASKS) as w:
        one, two = undecided(w)
        operations.rollback(by=OPERATOR, service="shop")
        w.until(two, "ROLLED_BACK", seconds=10)
        assert split(w) == Split(new=None, old=one, share=0.0)


def test_what_becomes_bad_while_a_person_is_asked_is_pulled() -> None:
    with world(ASKS) as w:
        _one, two = undecided(w)
        w.rate, w.broken = 20, lambda version, _method, _path: version == "1.1"
        w.until(two, "PULLED", "CONFIRMING", seconds=60)
