"""A release's way from the queue to the end of its watch."""

import pytest

from golive.kernel.events.queries import about
from golive.ship.releases.domain.record import Link, verify
from golive.ship.releases.domain.states import MAIN
from golive.ship.releases.models import Record
from golive.ship.traffic import queries as sites
from tests.support.fake_target import Killed
from tests.support.ship_world import MANIFEST, World, canary, world

pytestmark = pytest.mark.django_db(transaction=True)


def states(world: World, release: str) -> list[str]:
    return [row.kind for row in Record.objects.filter(release_id=release) if row.kind.isupper()]


def test_a_first_deployment_serves_everyone_at_once() -> None:
    with world() as w:
        one = w.queue("1.0")
        w.until(one, "WATCH_10M")
        assert "STEP" not in states(w, one)
        site = sites.site("shop/production")
        assert site is not None
        assert (site.serving, site.lock) == (one, "")
        assert w.release(one).sole
        assert w.target.workers["production"] == one


def test_while_it_is_built_it_does_not_say_that_it_waits_for_that() -> None:
    with world() as w:
        one = w.queue("1.0")
        w.target.dies = "build"
        with pytest.raises(Killed):
            w.drain()
        assert w.release(one).sentence == "It is being built."


def test_a_good_release_goes_through_all_states() -> None:
    with world() as w:
        one = w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.queue("1.1")
        w.until(two, "WATCH_10M")
        assert w.state(one) == "SUPERSEDED"
        row = w.release(two)
        assert (row.replaced, row.share) == (one, 0.97)
        w.wait(minutes=11)
        assert w.state(two) == "WATCH_1H"
        w.wait(hours=1)
        assert w.state(two) == "WATCH_24H"
        w.run(lambda: (one, "production") not in w.target.running, seconds=60, what="1.0 stopped")
        w.wait(hours=24)
        assert w.state(two) == "SETTLED"
        assert states(w, two) == [s for s in MAIN[:12] if s != "AWAITING_APPROVAL"] + list(MAIN[11:])
        links = [Link(r.seq, r.at, r.kind, r.facts, r.previous, r.hash) for r in Record.objects.filter(release_id=two)]
        assert verify(two, links).holds
        kinds = [event.kind for event in about(two)]
        steps = [event.facts["sentence"] for event in about(two) if event.kind == "release.serving"]
        # The news comes first, then what it rests on.
        assert [said.partition(" % of the users")[0] for said in steps] == ["10", "50"]
        assert kinds[0] == "release.queued"
        assert kinds[-1] == "release.settled"
        assert w.target.count("migrate production") == 2


def test_the_owner_hears_of_what_the_app_writes_where_it_does_not_last() -> None:
    with world(MANIFEST.replace('"10m", "1h", "24h"', '"5s", "10s", "15s"')) as w:
        w.target.elsewhere = {"staging": ["a.log"], "production": [f"up/{n}.png" for n in range(7)]}
        one = w.queue("1.0")
        w.until(one, "SETTLED")
        said = {row.kind: row.facts.get("sentence", "") for row in Record.objects.filter(release_id=one)}
        assert said["APPROVED"].endswith("What it wrote in staging outside of `keep` is lost with it: a.log.")
        production = "What it wrote in production outside of `keep` is lost with it: "
        assert said["WATCH_1H"].endswith(f"{production}{', '.join(f'up/{n}.png' for n in range(5))} and 2 more.")
        assert [state for state, sentence in said.items() if "keep" in sentence] == ["APPROVED", "WATCH_1H"]
        assert w.release(one).facts["elsewhere"]["count"] == 7


def test_whoever_approves_reads_it_too() -> None:
    with world(MANIFEST + "approvals = 1") as w:
        w.target.elsewhere = {"staging": ["a.log"]}
        one = w.queue("1.0")
        w.until(one, "AWAITING_APPROVAL")
        assert w.release(one).sentence.endswith(
            "one person has to approve it. What it wrote in staging outside of `keep` is lost with it: a.log."
        )


def test_a_bad_release_is_pulled_blamed_and_rolled_back() -> None:
    with world() as w:
        one, two = canary(w)
        w.broken = lambda version, method, path: version == "1.1" and method == "POST"
        w.prober.bad = {replica.port for replica in w.target.running[(two, "production")]}
        w.until(two, "PULLED", "CONFIRMING", seconds=90)
        row = w.release(two)
        assert row.share == 0
        assert row.pulled_at is not None
        assert row.first_bad_at is not None
        assert row.facts["failed_units"] <= 12
        split = w.router.state.site("shop/production").split
        assert (split.share, split.old) == (0.0, one)
        w.until(two, "ROLLED_BACK", seconds=600)
        w.run(lambda: (two, "production") not in w.target.running, seconds=60, what="1.1 stopped")
        assert w.state(one) == "WATCH_10M"
        assert w.release(one).returned
        assert sites.site("shop/production").serving == one
        w.broken = lambda *_: False
        w.run(lambda: w.state(one) == "WATCH_1H", seconds=700)
