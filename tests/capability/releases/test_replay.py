"""A release is judged again by what its judge was told; what was changed of that is known."""

import json
from collections.abc import Callable

import pytest

from golive.kernel.durable.models import JobRow
from golive.ship.judge.queries import journal_path
from golive.ship.releases import operations, queries
from golive.ship.releases.models import Record
from tests.support.ship_world import OPERATOR, World, canary, world

pytestmark = pytest.mark.django_db(transaction=True)
Lines = list[str]


def good(w: World) -> str:
    """A release that went its whole way without trouble."""
    w.ship("1.0")
    w.run(lambda: w.number > 600)
    two = w.queue("1.1")
    w.until(two, "WATCH_10M")
    for _ in range(5):
        w.second()
    return two


def rewrite(release: str, change: Callable[[Lines], Lines]) -> None:
    path = journal_path(release)
    path.write_text("".join(f"{line}\n" for line in change(path.read_text().splitlines())))


def all_failed(lines: Lines) -> Lines:
    """Each answer of 200 becomes one of 500, not a byte longer."""
    changed = []
    for line in lines:
        entry = json.loads(line)
        for attempt in entry.get("turn", ([], []))[1]:
            attempt[4] = 500
        changed.append(json.dumps(entry, separators=(",", ":")))
    return changed


def test_a_good_release_is_judged_the_same_by_all_its_decisions() -> None:
    with world() as w:
        found = queries.replay(good(w))
        assert (found.same, {one["decision"] for one in found.decisions}) == (True, {"ADVANCE"})
        assert found.sentence.endswith("the same decisions to the last digit.")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (all_failed, "was changed: it does not fit entry "),
        (lambda lines: lines[:1], "was cut: entry "),
        (lambda lines: lines[: len(lines) // 2], "was cut: "),
        (lambda lines: [*lines[:20], *lines[21:]], "was changed: it does not fit entry "),
        (lambda _: [], "was cut: entry "),
        (lambda lines: ["[]", *lines], "was changed"),
    ],
)
def test_a_journal_that_was_changed_or_cut_is_called_that(change: Callable[[Lines], Lines], words: str) -> None:
    with world() as w:
        two = good(w)
        rewrite(two, change)
        found = queries.replay(two)
        assert (found.same, found.decisions) == (False, [])
        assert words in found.sentence


def test_the_end_of_the_journal_is_known_too() -> None:
    """Nothing was decided since the last arrow; the judge's last state knows what it was told."""
    with world() as w:
        two = good(w)
        rewrite(two, lambda lines: lines[:-2])
        assert queries.replay(two).sentence.endswith("was cut: the last state of its judge knows more of it.")


def test_a_journal_with_a_forged_end_decides_otherwise() -> None:
    with world() as w:
        two = good(w)
        last = json.loads(journal_path(two).read_text().splitlines()[-1])["turn"]
        attempts = [[last[0], f"c{n}", "GET /", two, 500, 5.0] for n in range(200)]
        forged = [json.dumps({"turn": [last[0] + n, attempts, [], [], {}]}) for n in range(1, 9)]
        rewrite(two, lambda lines: [*lines, *forged])
        found = queries.replay(two)
        assert found.same is False
        assert "PULL" in found.sentence


def test_a_changed_record_vouches_for_nothing() -> None:
    with world() as w:
        two = good(w)
        Record.objects.filter(release_id=two, seq=3).update(facts={"forged": True})
        assert (queries.replay(two).same, queries.replay(two).sentence) == (
            False,
            "Entry 3 of the record of 1.1 was changed.",
        )


def test_a_bad_release_is_judged_the_same_from_pull_to_rollback_and_after() -> None:
    with world() as w:
        _one, two = canary(w)
        w.broken = lambda version, _method, _path: version == "1.1"
        w.until(two, "ROLLED_BACK", seconds=400)
        found = queries.replay(two)
        assert found.same is True
        assert {"PULL", "ROLLBACK"} <= {one["decision"] for one in found.decisions}
        JobRow.objects.filter(key=two).delete()  # as housekeeping does in the end
        assert queries.replay(two).same is True
        rewrite(two, all_failed)
        assert queries.replay(two).same is False


def test_a_first_release_that_never_had_to_be_decided_of_has_nothing_to_compare() -> None:
    with world() as w:
        found = queries.replay(w.ship("1.0"))
        assert found.same is None
        assert "nothing to compare" in found.sentence


def test_a_line_that_is_just_being_written_is_not_read() -> None:
    with world() as w:
        two = good(w)
        with journal_path(two).open("a") as file:
            file.write('{"turn":[1')
        assert queries.replay(two).same is True


def test_a_release_that_goes_on_in_another_process_keeps_its_hash() -> None:
    with world() as w:
        _one, two = canary(w)
        w.second()
        heir = w.engine("heir")
        w.clock.advance(11)
        for _ in range(10):
            w.second(heir)
        w.broken = lambda version, _method, _path: version == "1.1"
        for _ in range(20):
            w.second(heir)
        assert w.state(two) in ("PULLED", "CONFIRMING", "ROLLED_BACK")
        assert queries.replay(two).same is True


def test_a_release_that_is_returned_to_after_its_watch_goes_on_in_its_journal() -> None:
    with world() as w:
        one = w.ship("1.0")
        for hours in (1, 2, 25):
            w.wait(hours=hours)
        assert w.state(one) == "SETTLED"
        for version in ("1.1", "1.2"):
            two = w.ship(version)
            operations.rollback(by=OPERATOR, service="shop")
            w.until(two, "ROLLED_BACK")
            for _ in range(5):
                w.second()
            found = queries.replay(one)
            assert "chang" not in found.sentence
            assert found.same is not False
