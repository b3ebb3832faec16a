"""The journal of a judge: up to its limit, and as golive wrote it before."""

import json

import pytest

from golive.kernel.ids import new_id
from golive.ship.judge import queries
from golive.ship.judge.domain import Attempt, Config, Judge
from golive.ship.judge.operations.journal import Journal
from tests.support.clock import FakeClock

START = 100_000.0


class Told:
    """A judge of a canary and the journal of what it is told; 40 visitors ask each second."""

    def __init__(self, most: int) -> None:
        self.release, self.clock = new_id("rel"), FakeClock()
        self.judge = Judge(Config(), self.release, "old")
        self.journal = Journal(self.release, self.clock, most)
        self.journal.begin(self.judge.dump())
        self.t = START
        self.kinds: list[str] = []

    def switch(self, share: float, reason: str) -> None:
        self.judge.switch(self.t, share, reason, at_least=600, at_most=900)
        self.journal.switch(self.t, share, reason, 600, 900)

    def second(self, status: int = 200) -> None:
        self.t += 1
        self.clock.advance(1)
        heard = [
            Attempt(self.t, f"c{n}", "GET /", *((self.release, status) if n % 2 else ("old", 200)), 20.0)
            for n in range(40)
        ]
        for attempt in heard:
            self.judge.observe(attempt)
        self.judge.counters(self.t, {})
        self.journal.turn(self.t, heard, [], [], {})
        said = self.judge.tick(self.t)
        self.journal.decided(said)
        self.kinds += [action.kind.value for action in said if action.kind.value != "PROBE"]

    def bad_after(self, seconds: int) -> None:
        for _ in range(60):
            self.second()
        self.switch(0.5, "step")
        for _ in range(seconds):
            self.second()
        while "PULL" not in self.kinds:
            self.second(500)


def test_a_journal_that_is_full_says_since_when_and_ends_with_a_whole_turn() -> None:
    told = Told(most=150_000)
    told.bad_after(60)
    size = told.journal.path.stat().st_size
    for _ in range(10):
        told.second()
        told.switch(0.0, "pull")
    assert told.journal.path.stat().st_size == size, "nothing behind the gap"
    found = queries.replay(told.release, [queries.Mark(**told.journal.mark, where="the end")])
    assert found.full_at is not None
    assert found.full_at < told.clock.now()
    assert 0 < found.seconds < 120
    assert "PULL" not in {one["decision"] for one in found.decisions}
    assert found.decisions == found.noted


def test_the_decision_of_the_last_second_that_is_kept_is_kept_with_it() -> None:
    whole = Told(most=10**9)
    whole.bad_after(60)
    before_the_last_turn = 1 + whole.journal.path.read_bytes()[:-1].rindex(b'\n{"turn"')
    told = Told(most=before_the_last_turn + 1)
    told.bad_after(60)
    told.second()
    found = queries.replay(told.release)
    assert found.full_at
    assert found.decisions[-1]["decision"] == "PULL"
    assert found.decisions == found.noted


def test_a_journal_of_another_judge_is_not_called_forged() -> None:
    told = Told(most=10**9)
    start = json.loads(told.journal.path.read_text())
    start["start"]["version"] = -1
    told.journal.path.write_text(json.dumps(start) + "\n")
    with pytest.raises(queries.NotReplayable, match="another version") as caught:
        queries.replay(told.release)
    assert not caught.value.changed


@pytest.mark.parametrize("text", ["", "[]\n", "{}\n", "not JSON\n", '{"start": 1}\n'])
def test_what_is_no_journal_is_said_to_be_damaged(text: str) -> None:
    told = Told(most=10**9)
    told.journal.path.write_text(text)
    with pytest.raises(queries.NotReplayable):
        queries.replay(told.release)
