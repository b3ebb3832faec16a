"""The line of time says what a glance must not miss: who served, and since when nobody does."""

from dataclasses import dataclass
from datetime import timedelta

from golive.kernel.ui.sample_charts import NOW
from golive.ship.board.domain import rivers

DAY = timedelta(days=1)


@dataclass
class Release:
    version: str
    full_at: object
    state: str = "SETTLED"
    serving_at: object = None
    pulled_at: object = None
    closed_at: object = None
    replaced: str = ""
    share: float = 1.0
    steps: tuple[object, ...] = ()
    down: str = ""
    down_since: object = None

    @property
    def id(self) -> str:
        return f"rel_{self.version}"


def test_what_serves_is_one_stretch_after_the_other() -> None:
    shown = rivers([Release("1.1", NOW - DAY), Release("1.0", NOW - 3 * DAY)], NOW)
    assert [(one.name, one.state, one.past) for one in shown] == [("1.0", "serving", True), ("1.1", "serving", False)]


def test_a_release_that_is_down_stops_being_green_at_that_moment_and_carries_no_traffic() -> None:
    since = NOW - timedelta(minutes=4)
    down = Release("1.1", NOW - DAY, down="All its replicas crash.", down_since=since)
    past, served, broken = rivers([down, Release("1.0", NOW - 3 * DAY)], NOW)
    assert (past.name, served.name, served.state, served.end) == ("1.0", "1.1", "serving", since.timestamp())
    assert (broken.state, broken.start, broken.end) == ("broken", since.timestamp(), None)
    assert [share for _, share in broken.shares] == [0.0]


def test_an_older_release_of_which_an_outage_is_left_says_nothing_of_who_serves_now() -> None:
    old = Release("1.0", NOW - 3 * DAY, down="All its replicas crash.", down_since=NOW - 2 * DAY)
    assert {one.state for one in rivers([Release("1.1", NOW - DAY), old], NOW)} == {"serving"}
