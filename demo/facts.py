"""What happened, as facts with times, and the table that tells it."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

VERDICTS = ("ROLLED_BACK", "HELD")


@dataclass
class Step:
    """One promise of the demo and whether it held."""

    title: str
    held: bool
    seconds: float
    detail: str


@dataclass
class ReleaseFacts:
    """A release as the record and the shoppers saw it; None is what is not known, or never happened.

    Moments are Unix seconds. `began` is its approval, `ended` that of the next one; the requests are those between the
    two. The spans are seconds from the first bad response to the pull, to the verdict, to the page delivered.
    """

    version: str
    id: str = ""
    states: list[dict[str, Any]] = field(default_factory=list)
    began: float | None = None
    ended: float | None = None
    requests: int | None = None
    failed_user_requests: int | None = None
    first_bad_at: float | None = None
    seconds_to_pull: float | None = None
    seconds_to_verdict: float | None = None
    seconds_to_page: float | None = None

    def read(self, found: dict[str, Any], entries: list[dict[str, Any]]) -> None:
        """Take over what the API says of the release, and the entries of its record."""
        self.states = [{"state": one["kind"], "at": one["at"]} for one in entries if "from" in one["facts"]]
        self.first_bad_at = _moment(found.get("first_bad_at"))
        self.seconds_to_pull = self._after_first_bad(self._entered("PULLED"))
        self.seconds_to_verdict = self._after_first_bad(self._entered(*VERDICTS))

    def paged(self, moments: list[float]) -> None:
        """Note the first page that was delivered because of it."""
        mine = (moment for moment in moments if self._is_mine(moment))
        self.seconds_to_page = self._after_first_bad(min(mine, default=None))

    def count(self, shoppers: dict[str, Any]) -> None:
        """Count the shoppers' requests and failures between the release's beginning and end."""
        if self.began is None:
            return
        start = shoppers["started_at"]
        done = sum(done for second, done, _ in shoppers["seconds"] if self._is_mine(start + second))
        failed = sum(self._is_mine(failure["at"]) for failure in shoppers["failures"])
        self.requests, self.failed_user_requests = done, failed

    def _is_mine(self, moment: float) -> bool:
        return self.began is not None and self.began <= moment < (self.ended or math.inf)

    def _entered(self, *names: str) -> float | None:
        return _moment(next((state["at"] for state in self.states if state["state"] in names), None))

    def _after_first_bad(self, moment: float | None) -> float | None:
        if moment is None or self.first_bad_at is None:
            return None
        return round(moment - self.first_bad_at, 2)


def flawless(release: ReleaseFacts) -> str:
    """Say that no request failed while a release went out and served. Raises AssertionError."""
    assert release.requests, f"nobody has counted the requests of {release.version}"
    failed = release.failed_user_requests
    assert not failed, f"{failed} of {release.requests} requests failed while {release.version} went out and served"
    return f"0 of {release.requests} requests failed while {release.version} went out and served"


def print_table(console: Console, steps: list[Step], releases: list[ReleaseFacts]) -> None:
    """Print what was promised, what held, and the figures of each release."""
    told = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("", "step", "took", "what happened"):
        told.add_column(column)
    for step in steps:
        mark = "[green]held[/]" if step.held else "[red]NOT held[/]"
        told.add_row(mark, step.title, f"{step.seconds:.0f} s", escape(step.detail))
    console.print(told)
    figures = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("release", "ended as"):
        figures.add_column(column)
    for column in ("requests", "failed", "first bad to pull", "to verdict", "to page"):
        figures.add_column(column, justify="right")
    for release in releases:
        spans = (release.seconds_to_pull, release.seconds_to_verdict, release.seconds_to_page)
        figures.add_row(
            release.version,
            release.states[-1]["state"] if release.states else "never began",
            _known(release.requests),
            _known(release.failed_user_requests),
            *("" if span is None else f"{span:.1f} s" for span in spans),
        )
    console.print()
    console.print(figures)


def _known(count: int | None) -> str:
    return "?" if count is None else str(count)


def _moment(at: str | None) -> float | None:
    return datetime.fromisoformat(at).timestamp() if at else None
