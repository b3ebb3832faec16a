"""What the demo says of itself: its exit status, its table and its facts, also when something is missing."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from demo.facts import ReleaseFacts, Step, flawless
from demo.pipeline import Pipeline
from demo.receivers import Received
from demo.story import DONE
from demo.telling import SILENCE, News, perform, tell

BEGAN = 1_000.0
SHOPPERS = {
    "started_at": BEGAN - 10,
    "seconds": [[second, 20, 0] for second in range(60)],
    "failures": [{"at": BEGAN + 35.0}, {"at": BEGAN + 36.5}],
}


class Tale:
    """One that ends as it is told to."""

    def __init__(self, ending: object = True, staying: type[BaseException] = KeyboardInterrupt) -> None:
        self.steps = [Step("ship it", True, 1.5, "it was [/red] ['app.py']")]
        self.releases = [ReleaseFacts("1.0"), ReleaseFacts("1.1", id="r1", states=[{"state": "FULL", "at": "x"}])]
        self.ends = self.stays = 0
        self._ending, self._staying = ending, staying

    def tell(self) -> bool:
        if isinstance(self._ending, BaseException):
            raise self._ending
        return bool(self._ending)

    def stay(self) -> None:
        self.stays += 1
        raise self._staying

    def end(self) -> None:
        self.ends += 1


def performed(tale: Tale, *, once: bool = True, facts: Path | None = None) -> tuple[int, str]:
    said = io.StringIO()
    return perform(tale, Console(file=said, width=200), once=once, facts=facts), said.getvalue()


@pytest.mark.parametrize(
    ("ending", "once", "status"),
    [
        (True, True, 0),
        (False, True, 1),
        (KeyboardInterrupt(), True, 130),
        (True, False, 0),  # Ctrl-C after the end is how one leaves
        (False, False, 1),
        (KeyboardInterrupt(), False, 130),
    ],
)
def test_the_status_is_0_only_when_all_of_it_held(ending: object, once: bool, status: int) -> None:
    tale = Tale(ending)
    assert performed(tale, once=once)[0] == status
    assert tale.ends == 1
    assert tale.stays == (not once and isinstance(ending, bool))


def test_figures_that_are_missing_take_neither_the_table_nor_the_facts_away(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    status, said = performed(Tale(False), facts=file)
    assert status == 1
    assert "it was [/red] ['app.py']" in said
    assert "did NOT hold" in said
    facts = json.loads(file.read_text())
    assert facts["held"] is False
    assert facts["steps"][0]["title"] == "ship it"
    assert facts["releases"][1]["requests"] is facts["releases"][1]["seconds_to_page"] is None


def test_facts_of_an_earlier_run_are_not_taken_for_those_of_one_that_was_ended(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_text('{"held": true}')
    assert performed(Tale(KeyboardInterrupt()), facts=file)[0] == 130
    assert not file.exists()


@pytest.mark.parametrize("trouble", [ValueError("not enough values"), KeyError("stories"), TimeoutError("too long")])
def test_whatever_goes_wrong_in_a_chapter_ends_the_story_and_is_told(trouble: Exception) -> None:
    def fails() -> str:
        raise trouble

    steps: list[Step] = []
    assert not tell([("one", lambda: "fine"), ("two", fails), ("three", lambda: "never")], lambda _: None, steps)
    assert [(step.title, step.held) for step in steps] == [("one", True), ("two", False)]
    assert str(trouble) in steps[1].detail


def entries(*moments: tuple[str, float]) -> list[dict[str, object]]:
    return [{"kind": name, "at": iso(at), "facts": {"from": "?"}} for name, at in moments]


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def test_each_figure_counts_from_the_first_bad_response() -> None:
    release = ReleaseFacts("1.2", began=BEGAN, ended=BEGAN + 100)
    way = entries(("STEP", BEGAN), ("PULLED", BEGAN + 12), ("TRIAL", BEGAN + 20), ("ROLLED_BACK", BEGAN + 64))
    release.read({"first_bad_at": iso(BEGAN + 4)}, way)
    received = Received(
        mails=[
            (BEGAN - 300, "ada", "[SEV2] #1 another one"),
            (BEGAN + 5, "ada", "Update: [SEV2] #2 users are safe"),
            (BEGAN + 12.5, "ada", "[SEV2] #2 shop 1.2 was pulled"),
            (BEGAN + 140, "ada", "[SEV2] #3 that of the next release"),
        ]
    )
    release.paged([at for at, _, _ in received.pages()])
    assert (release.seconds_to_pull, release.seconds_to_verdict, release.seconds_to_page) == (8.0, 60.0, 8.5)


def test_a_release_that_was_held_has_its_figures_too() -> None:
    release = ReleaseFacts("1.3", began=BEGAN)
    release.read({"first_bad_at": iso(BEGAN + 20)}, entries(("PULLED", BEGAN + 25), ("HELD", BEGAN + 70)))
    release.paged([])
    assert (release.seconds_to_pull, release.seconds_to_verdict, release.seconds_to_page) == (5.0, 50.0, None)


def test_a_release_without_a_bad_response_has_no_spans() -> None:
    release = ReleaseFacts("1.1", began=BEGAN)
    release.read({"first_bad_at": None}, entries(("FULL", BEGAN + 30)))
    release.paged([BEGAN + 40])
    assert (release.seconds_to_pull, release.seconds_to_verdict, release.seconds_to_page) == (None, None, None)


def test_requests_that_failed_while_a_release_went_out_or_served_break_the_promise() -> None:
    before = ReleaseFacts("1.0", began=BEGAN - 5, ended=BEGAN)
    good = ReleaseFacts("1.1", began=BEGAN, ended=BEGAN + 30)
    late = ReleaseFacts("1.2", began=BEGAN + 30)
    for release in (before, good, late):
        release.count(SHOPPERS)
    assert flawless(good) == "0 of 600 requests failed while 1.1 went out and served"
    with pytest.raises(AssertionError, match=r"^2 of 400 requests failed while 1\.2"):
        flawless(late)
    assert before.failed_user_requests == 0


@pytest.mark.parametrize("release", [ReleaseFacts("1.1"), ReleaseFacts("1.1", began=BEGAN + 1_000)])
def test_requests_that_nobody_counted_are_not_taken_for_requests_without_a_failure(release: ReleaseFacts) -> None:
    release.count(SHOPPERS)
    with pytest.raises(AssertionError, match="nobody has counted"):
        flawless(release)


def test_a_build_that_never_ends_is_told_at_once_to_who_waits_for_the_next() -> None:
    def verified(release: str) -> None:
        if release == "id of 1.1":
            raise TimeoutError("1.1 is BUILT after 1800 s")

    pipeline = Pipeline(("1.0", "1.1", "1.2", "1.3"), "id of {}".format, verified)
    pipeline.run()
    assert [pipeline.id_of(version, 0) for version in ("1.0", "1.1")] == ["id of 1.0", "id of 1.1"]
    for version in ("1.2", "1.3"):
        with pytest.raises(TimeoutError, match=r"1\.1 is BUILT after 1800 s"):
            pipeline.id_of(version, DONE)


def test_a_deploy_that_is_refused_is_told_too_and_one_that_is_not_begun() -> None:
    def refuse(version: str) -> str:
        raise RuntimeError(f"{version} is no revision")

    pipeline = Pipeline(("1.0", "1.1"), refuse, lambda _: None)
    with pytest.raises(TimeoutError, match=r"1\.0 was not begun"):
        pipeline.id_of("1.0", 0)
    pipeline.run()
    with pytest.raises(RuntimeError, match="no revision"):
        pipeline.id_of("1.1", DONE)


def test_who_waits_hears_news_once_and_that_it_goes_on() -> None:
    said: list[str] = []
    news = News(said.append)
    for now in (0.0, 0.1, SILENCE - 0.1, SILENCE, SILENCE + 0.1, 2 * SILENCE):
        news.hear("QUEUED", "It is being built.", now)
    news.hear("STAGED", "It runs in staging.", 2 * SILENCE + 1)
    assert said == [
        "    queued: It is being built.",
        "    queued, for 30 s",
        "    queued, for 60 s",
        "    staged: It runs in staging.",
    ]
