"""A golive of years: what is left of thousands of releases."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from golive.kernel import clock
from golive.kernel.config import settings
from golive.kernel.durable.models import JobRow
from golive.kernel.ports import bound
from golive.ship.judge.operations import forget_journals
from golive.ship.judge.queries import journal_path
from golive.ship.releases import queries
from golive.ship.releases.models import Release
from golive.ship.releases.workflows.housekeeping import keep_house
from golive.ship.replicas.domain import ProcessSpec
from golive.ship.replicas.ports import ProcessKeeper
from tests.support.fake_keeper import FakeKeeper
from tests.support.ship_world import world

pytestmark = pytest.mark.django_db(transaction=True)


def written(path: Path, text: str = "line\n", *, days_ago: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    then = (clock.now() - timedelta(days=days_ago)).timestamp()
    os.utime(path, (then, then))
    return path


def output(process: str, days_ago: float) -> Path:
    written(settings().logs / process / "out.log.meta.json", "{}", days_ago=days_ago)
    return written(settings().logs / process / "out.log", days_ago=days_ago)


def test_the_output_of_processes_that_are_gone_goes_and_that_of_the_living_stays() -> None:
    keeper = FakeKeeper()
    keeper.start(ProcessSpec("rel_2-production-web-1", ("run",), "/"))
    files = [
        output("rel_1-production-web-1", 3),
        output("rel_2-production-web-1", 300),
        output("rel_3-staging-web-1", 1),
    ]
    logs = [written(settings().gates / f"{n}.log", days_ago=days) for n, days in enumerate((91, 1))]
    with bound(ProcessKeeper, keeper):
        keep_house()
    assert [file.exists() for file in files] == [False, True, True]
    assert not files[0].parent.exists()
    assert [log.exists() for log in logs] == [False, True]


def test_the_oldest_journals_go_first_and_none_that_is_still_written() -> None:
    for left in journal_path("x").parent.glob("*"):
        left.unlink()  # by the tests before
    kept = [written(journal_path(f"rel_{days}"), "x" * 100, days_ago=days) for days in (1, 2, 3, 4)]
    assert forget_journals(but={"rel_4"}, most_bytes=250) == 1
    assert [path.exists() for path in kept] == [True, True, False, True]


def test_work_that_is_done_is_forgotten_after_a_season_and_the_release_is_not() -> None:
    with world() as w, bound(ProcessKeeper, FakeKeeper()):
        one = w.queue("1.0")
        w.until(one, "WATCH_10M")
        w.wait(minutes=11)
        w.wait(hours=1)
        w.wait(hours=25)
        w.second()
        assert w.state(one) == "SETTLED"
        keep_house()
        assert JobRow.objects.filter(key=one).count() == 2
        JobRow.objects.filter(key=one).update(closed_at=clock.now() - timedelta(days=91))
        keep_house()
        assert not JobRow.objects.filter(key=one).exists()
        assert Release.objects.filter(pk=one).exists()
        assert queries.explain(one) is None
        assert queries.page(one).release.state == "SETTLED"
