"""What is said at night of a release that serves in trouble."""

import pytest

from golive.ship.board.domain import wording
from golive.ship.judge.domain.standing import FAULTS
from golive.ship.judge.domain.words import FAMILIES
from golive.ship.releases.domain.states import State
from golive.ship.releases.domain.trouble import Serving, commands, found, grade, kind_of, sentence

KINDS = [*FAULTS, *FAMILIES, "errors_5min", "p95_1000ms_10min"]


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_is_wrong_with_whom_why_users_stay_and_what_helps(kind: str) -> None:
    back = sentence(Serving("1.0", kind, returned_from="1.1", to="0.9"))
    assert "1.0" in back.partition("It serves")[0]
    assert "because 1.1 was rolled back" in back
    assert "go back to 0.9" in back
    first = sentence(Serving("1.0", kind, first=True))
    assert "first release" in first
    assert "go back to 0" not in first
    later = sentence(Serving("1.0", kind, to="0.9"))
    assert "first release" not in later
    assert "rolled back" not in later


def test_who_fails_nobody_wakes_nobody() -> None:
    assert {kind for kind in KINDS if not grade(kind)} == {"slow", "mix", "p95_1000ms_10min"}
    assert {kind for kind in KINDS if grade(kind) == 2} == {"crash_loop", "readiness_lost"}
    assert grade("database_connection", ["database_connection", "readiness_lost"]) == 2


def test_the_kind_of_evidence_counts_and_else_the_rule() -> None:
    assert kind_of("first_deployment", {"kind": "errors"}) == "errors"
    assert kind_of("evidence", {"kind": "p90"}) == "p90"
    assert kind_of("crash_loop", {"kind": "p90"}) == "crash_loop"
    assert kind_of("evidence", {}) == ""


def test_what_cannot_be_typed_is_not_offered() -> None:
    assert [typed for typed, _ in commands("shop", "")] == ["golive deploy", "golive maintenance on --service shop"]


def test_a_watch_that_saw_trouble_does_not_say_that_it_found_nothing() -> None:
    assert found({}) == "nothing was found"
    assert found({"troubled": 2}) == "its requests failed 2 times"


def test_its_page_does_not_look_well() -> None:
    standing = wording.Standing(State.WATCH_10M, "1.0", "", "production", returned=True, failing=True)
    assert wording.title(standing).startswith("Requests fail. 1.0 serves production")
    assert wording.badge(standing) == "Requests fail"
