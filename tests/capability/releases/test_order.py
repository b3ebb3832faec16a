"""Of two deploys the one that was asked for later ends up live, whichever is ready first.  mission: SHIP-3"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from golive.kernel.durable.models import JobRow
from golive.kernel.events import subscribe
from golive.kernel.ports import bound
from golive.ship.commands.domain import Stop
from golive.ship.releases import operations, queries
from golive.ship.releases.events import ReleaseSuperseded
from golive.ship.releases.operations import NoTarget, Revision
from golive.ship.releases.ports import Built, Proof, Subject, Target
from golive.ship.traffic import queries as sites
from tests.support.fake_target import FakeTarget
from tests.support.ship_world import OPERATOR, World, world

pytestmark = pytest.mark.django_db(transaction=True)
heard: list[Any] = []


@subscribe(ReleaseSuperseded)
def hear(news: Any, at: Any) -> None:
    heard.append(news)


class SlowTarget(FakeTarget):
    """While it is busy with what `slow` names, (version, call), `meanwhile` happens, once."""

    slow = "", ""
    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    def build(self, subject: Subject, stop: Stop) -> Built:
        self._take_long(subject.version, "build")
        return super().build(subject, stop)

    def prove(self, subject: Subject, stop: Stop) -> Proof:
        self._take_long(subject.version, "prove")
        return super().prove(subject, stop)

    def _take_long(self, *what: str) -> None:
        if what == self.slow:
            self.slow = "", ""
            self.meanwhile()


@contextmanager
def overtaken(
    call: str, newer_is: str, then: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[World, str, str]]:
    """1.0 serves; while 1.1 is at `call`, 1.2 is asked for and gets as far as `newer_is`, and `then` something happens to it."""
    with world() as w, bound(Target, SlowTarget()) as slow:
        w.target = slow
        w.first = w.ship("1.0")
        w.run(lambda: w.number > 600)
        found: list[str] = []

        def meanwhile() -> None:
            # As its engine's heart does.
            JobRow.objects.filter(key=older, state="RUNNING").update(due_at=w.clock.now() + timedelta(hours=1))
            found.append(w.queue("1.2"))
            other = w.engine("b")
            for _ in range(300):
                if w.state(found[0]) == newer_is:
                    return then(found[0])
                w.second(other)
            raise AssertionError(w.state(found[0]))

        slow.slow, slow.meanwhile = ("1.1", call), meanwhile
        older = w.queue("1.1")
        w.run(lambda: bool(found), seconds=30, what="the newer one")
        yield w, older, found[0]


@pytest.mark.parametrize("call", ["build", "prove"])
def test_an_older_deploy_that_comes_late_does_not_take_the_place_of_a_newer_one(call: str) -> None:
    with overtaken(call, "WATCH_10M") as (w, older, newer):
        for _ in range(60):
            w.second()
        row = w.release(older)
        assert row.state == "SUPERSEDED"
        assert row.sentence.startswith("1.2 was asked for later and serves already, so 1.1 did not go live.")
        assert f"`golive deploy {row.revision[:12]}`" in row.sentence
        assert (row.facts["by"], row.serving_at, w.state(newer)) == (newer, None, "WATCH_10M")
        site = sites.site("shop/production")
        assert site is not None
        assert (site.serving, site.lock, older in site.backends) == (newer, "", False)
        assert (older, "production") not in w.target.running
        assert heard[-1].release == older
        assert queries.check_record(older).holds
        with pytest.raises(NoTarget, match="never served"):
            operations.plan_rollback(service="shop", to=older)


def test_nor_does_one_that_waits_for_its_turn_until_the_newer_one_serves() -> None:
    with overtaken("prove", "STEP") as (w, older, newer):
        w.until(older, "APPROVED")
        assert "1.2 is on its way" in w.release(older).waits_for
        w.until(newer, "WATCH_10M")
        w.until(older, "SUPERSEDED", seconds=20)
        for _ in range(60):
            w.second()
        assert (w.state(newer), sites.site("shop/production").serving) == ("WATCH_10M", newer)


def test_an_older_one_goes_live_after_a_newer_one_that_is_rolled_back() -> None:
    with overtaken("prove", "STEP") as (w, older, newer):
        operations.rollback(by=OPERATOR, service="shop")
        w.until(older, "WATCH_10M")
        assert (w.state(newer), w.release(older).replaced) == ("ROLLED_BACK", w.first)


def test_while_a_newer_one_is_not_decided_an_older_one_waits_before_it_touches_the_database() -> None:
    def pulled(newer: str) -> None:
        operations.pull(by=OPERATOR, release=newer)

    with overtaken("prove", "WATCH_10M", pulled) as (w, older, _):
        backups = w.target.count("back up")
        w.until(older, "APPROVED")
        for _ in range(10):
            w.second()
        assert w.state(older) == "APPROVED"
        assert "1.2 was asked for later and is not decided yet" in w.release(older).waits_for
        assert w.target.count("back up") == backups
        operations.rollback(by=OPERATOR, service="shop")
        w.until(older, "WATCH_10M")


def test_an_older_revision_that_is_asked_for_later_is_the_newer_deploy() -> None:
    with overtaken("build", "WATCH_10M") as (w, older, _):
        w.until(older, "SUPERSEDED")
        old = w.release(older)
        what = Revision(w.service, old.revision, "1.1", old.subject, old.author, old.committed_at, w.manifest)
        again = operations.queue(by=OPERATOR, what=what)
        w.until(again, "WATCH_10M")
        assert w.release(again).version == "1.1+2"
