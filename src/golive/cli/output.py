"""What the command line prints: data on standard output, talk on standard error (clig.dev)."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from golive.kernel.problems import Problem

out = Console(highlight=False, soft_wrap=True)
talk = Console(stderr=True, highlight=False, soft_wrap=True)


def say(message: str) -> None:
    """Tell a person what is going on."""
    talk.print(Text(message))


def data(value: Any) -> None:
    """Print a value as JSON."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Print rows under quiet headings; `empty` says what to do when there are none."""
    listed = [[("" if cell is None else str(cell)) for cell in row] for row in rows]
    if not listed:
        say(empty)
        return
    shown = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        shown.add_column(column)
    for row in listed:
        # Text, not markup: names and messages come from outside.
        shown.add_row(*(Text(cell) for cell in row))
    out.print(shown)


def fail(problem: Problem) -> typer.Exit:
    """Print what happened, why and what to try; return the exit for `raise`."""
    talk.print(Text.assemble(("error: ", "bold red"), problem.title, style=""))
    talk.print(Text(problem.detail))
    if problem.hint:
        talk.print(Text.assemble(("try: ", "bold"), problem.hint))
    return typer.Exit(problem.exit_code)
