"""Where some users stay on the release before it for comparison, nobody is told that all are on the new one."""

import pytest

from golive.ship.releases.models import Record
from tests.support.ship_world import MANIFEST, pair, world

pytestmark = pytest.mark.django_db(transaction=True)
HELD = "97 % of the users are on 1.1, 3 % stay on 1.0 for comparison during the first hour"


def sentences(release: str) -> dict[str, str]:
    return {
        one.kind: one.facts.get("sentence", "")
        for one in Record.objects.filter(release_id=release)
        if one.kind.isupper()
    }


def test_who_is_held_back_is_said_until_nobody_is() -> None:
    with world() as w:
        _, two = pair(w)
        w.wait(minutes=11)
        w.wait(hours=1)
        said = sentences(two)
        assert said["FULL"] == f"{HELD}."
        assert said["WATCH_10M"] == f"{HELD}; the first minutes are watched and the old release stays warm."
        assert said["WATCH_1H"] == f"{HELD}; the first hour is watched and the old release stays warm."
        assert said["WATCH_24H"] == "All users are on it; the first day is watched."


def test_where_nobody_is_held_back_all_are_on_it() -> None:
    with world(MANIFEST.replace("probes", "hold_back = 0\nprobes")) as w:
        _, two = pair(w)
        said = sentences(two)
        assert said["FULL"] == "All users are on 1.1."
        assert said["WATCH_10M"].startswith("All users are on it; ")
