"""What cannot be done is said, to a person, once, and holds up nothing else.  mission: SHIP-5, SHIP-6"""

from typing import Any

import pytest

from golive.kernel.events import subscribe
from golive.kernel.problems import Problem
from golive.ship.judge.queries import journal_path
from golive.ship.releases import operations, queries
from golive.ship.releases.events import ReleaseAsked
from golive.ship.releases.ports import Check
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import Split
from tests.support.ship_world import OPERATOR, canary, world

pytestmark = pytest.mark.django_db(transaction=True)
heard: list[ReleaseAsked] = []


@subscribe(ReleaseAsked)
def hear(news: ReleaseAsked, at: Any) -> None:
    heard.append(news)


@pytest.fixture(autouse=True)
def _deaf() -> None:
    heard.clear()


def test_a_release_that_golive_itself_cannot_judge_is_said_to_a_person_and_goes_on_afterwards() -> None:
    with world() as w:
        _one, two = canary(w)
        asks = w.target.faults

        def fails(*_: str, at_once: bool = False) -> list[tuple[str, str]]:
            raise OSError(24, "Too many open files")

        w.target.faults = fails  # type: ignore[method-assign]
        for _ in range(40):
            w.second()
        assert [(news.subject, news.reason) for news in heard] == [(two, "internal")]
        row = w.release(two)
        assert (row.state, row.reason) == ("STEP", "first_step")
        assert "OSError" in row.waits_for
        assert "nobody judges it" in row.waits_for
        w.target.faults = asks  # type: ignore[method-assign]
        w.until(two, "WATCH_10M", seconds=120)
        assert not w.release(two).waits_for


def test_a_release_that_does_not_start_again_asks_and_lets_newer_ones_pass() -> None:
    with world() as w:
        _one, two = canary(w)
        operations.pull(by=OPERATOR, release=two)
        w.drain()
        w.target.fails = {"boot production": Problem("Its port is taken.")}
        operations.resume(by=OPERATOR, release=two)
        w.until(two, "ASKED", seconds=20)
        row = w.release(two)
        assert "Its port is taken." in row.sentence
        assert heard[-1].facts["answers"] == ["resume", "rollback"]
        assert w.router.state.site("shop/production").split.share == 0
        w.target.fails = {}
        operations.resume(by=OPERATOR, release=two)
        w.until(two, "STEP", seconds=30)


def test_workers_that_do_not_start_again_keep_no_bad_release_running() -> None:
    with world() as w:
        one, two = canary(w)
        w.until(two, "WATCH_10M")
        w.target.fails = {"workers production": Problem("A secret is missing.")}
        operations.rollback(by=OPERATOR, service="shop")
        w.run(lambda: (two, "production") not in w.target.running, seconds=60)
        for _ in range(40):
            w.second()
        assert [news.subject for news in heard] == [two]
        assert "A secret is missing." in w.release(two).waits_for
        w.target.fails = {}
        w.run(lambda: w.target.workers["production"] == one, seconds=30)
        assert not w.release(two).waits_for
        w.until(w.queue("1.2"), "STEP", seconds=60)


def test_what_cannot_be_stopped_holds_up_no_judge() -> None:
    with world() as w:
        one = w.ship("1.0")
        w.run(lambda: w.number > 600)
        w.ship("1.1")
        w.target.fails = {"stop production": OSError(28, "No space left on device")}  # type: ignore[dict-item]
        three = w.queue("1.2")
        w.until(three, "STEP")
        w.run(lambda: w.release(three).waits_for != "", seconds=10)
        assert "1.0" in w.release(three).waits_for
        assert "No space left on device" in w.release(three).waits_for
        w.broken = lambda version, _method, _path: version == "1.2"
        w.until(three, "PULLED", "CONFIRMING", seconds=20)
        w.target.fails = {}
        w.run(lambda: (one, "production") not in w.target.running, seconds=20)


def test_a_judge_that_cannot_keep_its_journal_judges_all_the_same() -> None:
    with world() as w:
        _one, two = canary(w)
        journal = journal_path(two)
        journal.unlink()
        journal.mkdir()  # as a full disk does, it lets nobody write there
        w.broken = lambda version, _method, _path: version == "1.1"
        w.until(two, "PULLED", "CONFIRMING", seconds=20)
        journal.rmdir()
        w.until(two, "ROLLED_BACK", seconds=400)
        assert "Nothing is kept" in queries.replay(two).sentence


def test_releases_that_fail_in_staging_do_not_pile_up_there() -> None:
    with world() as w:
        w.ship("1.0")
        w.target.checks = (Check("smoke", passed=False, detail="exit code 1"),)
        for number in range(1, 4):
            w.until(w.queue(f"1.{number}"), "FAILED_BEFORE_TRAFFIC")
        for _ in range(40):
            w.second()
        assert len([one for one, place in w.target.running if place == "staging"]) == 1
        assert sites.site("shop/staging").leaving == ()


def test_a_stand_still_of_the_edge_is_no_question() -> None:
    with world() as w:
        one, two = canary(w)
        w.router.refusal = "busy"
        for _ in range(3):
            w.second()
        w.router.refusal = ""
        w.until(two, "WATCH_10M", seconds=60)
        assert heard == []
        assert w.router.state.site("shop/production").split == Split(new=two, old=one, share=0.97)
