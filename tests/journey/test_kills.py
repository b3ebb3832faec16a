"""kill -9 while a release is on its way, under load: a part of `python -m bench.kills`, which tries all of it."""

from collections.abc import Iterator

import pytest

from bench.kills import AFTER_A_PULL, Range, line, open_range

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SHOTS = [
    ("MIGRATED", "engine"),
    ("STEP", "engine"),
    ("STEP", "store"),
    ("STEP", "control"),
    ("STEP", "edge"),
    ("STEP", "replica keeper"),
    ("FULL", "engine keeper"),
    ("CONFIRMING", "engine"),
    ("STEP", "tree"),
]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    with open_range(tmp_path_factory.mktemp("kills")) as ready:
        yield ready


@pytest.mark.parametrize(("state", "victim"), SHOTS)
def test_kill_9_ends_lawfully_and_nothing_is_doubled(target, state, victim):
    shot = target.shoot(state, victim)
    assert shot.twice == []
    assert "stuck" not in shot.end
    assert shot.back_s is not None
    if victim not in {"edge", "tree"} and state not in AFTER_A_PULL:
        assert shot.failed_gets == 0, line(shot)


def test_a_migration_that_was_cut_off_is_never_run_again_by_itself(target):
    shot = target.shoot("BACKED_UP", "engine")
    if shot.hit == "BACKED_UP":  # else the machine was so slow that the migration was over before
        assert shot.asked == "step migrate production"
    assert shot.end == "WATCH_10M"
    assert shot.failed == 0
