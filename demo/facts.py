"""What happened, as facts with times, and the table that tells it."""

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Step:
    """One promise of the demo and whether it held."""

    title: str
    held: bool
    seconds: float
    detail: str


@dataclass
class ReleaseFacts:
    """A release as the record and the shoppers saw it. Times in Unix seconds, spans in seconds."""

    version: str
    id: str = ""
    states: list[dict[str, Any]] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0
    requests: int = 0
    failed_user_requests: int = 0
    seconds_to_pull: float | None = None
    seconds_to_verdict: float | None = None
    seconds_to_page: float | None = None

    def count(self, shoppers: dict[str, Any]) -> None:
        """Count the shoppers' requests and failures between the release's beginning and end."""
        start = shoppers["started_at"]
        for second, done, _ in shoppers["seconds"]:
            if self.began <= start + second < self.ended:
                self.requests += done
        self.failed_user_requests = sum(self.began <= failure["at"] < self.ended for failure in shoppers["failures"])

    def passed(self, *states: str) -> bool:
        """Whether the record holds these states in this order."""
        names = iter(step["state"] for step in self.states)
        return all(state in names for state in states)


def print_table(console: Console, steps: list[Step], releases: list[ReleaseFacts]) -> None:
    """Print what was promised, what held, and the figures of each release."""
    told = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("", "step", "took", "what happened"):
        told.add_column(column)
    for step in steps:
        mark = "[green]held[/]" if step.held else "[red]NOT held[/]"
        told.add_row(mark, step.title, f"{step.seconds:.0f} s", step.detail)
    console.print(told)
    figures = Table(box=None, pad_edge=False, header_style="dim")
    for column in (
        "release",
        "ended as",
        "requests",
        "failed",
        "bad to pull",
        "to verdict",
        "to page",
    ):
        figures.add_column(column, justify="left" if column in {"release", "ended as"} else "right")
    for release in releases:
        figures.add_row(
            release.version,
            release.states[-1]["state"] if release.states else "never began",
            str(release.requests),
            str(release.failed_user_requests),
            *(
                _span(s)
                for s in (
                    release.seconds_to_pull,
                    release.seconds_to_verdict,
                    release.seconds_to_page,
                )
            ),
        )
    console.print()
    console.print(figures)


def _span(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"
