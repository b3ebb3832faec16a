"""What the command line prints: data on standard output, talk on standard error (clig.dev)."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from golive.kernel.problems import Problem

out = Console(highlight=False, soft_wrap=True)
talk = Console(stderr=True, highlight=False, soft_wrap=True)


class NotConfirmed(Problem):
    """Nobody is there to say yes."""

    slug = "not-confirmed"
    title = "This needs a yes"
    exit_code = 2


def printable(text: str) -> str:
    """Return a text that cannot steer a terminal: what comes from outside may hold escape sequences."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def say(message: str) -> None:
    """Tell a person what is going on."""
    talk.print(Text(printable(message)))


def line(text: str) -> None:
    """Print one line of data."""
    out.print(Text(printable(text)))


def data(value: Any) -> None:
    """Print a value as JSON."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def lines(values: Iterable[Any]) -> None:
    """Print each value as JSON in a line of its own, for what has no end (JSON lines)."""
    for value in values:
        sys.stdout.write(json.dumps(value, default=str) + "\n")
    sys.stdout.flush()


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Print rows under quiet headings, whole whatever the terminal's width; `empty` says what to do without any."""
    listed = [[_cell(cell) for cell in row] for row in rows]
    if not listed:
        say(empty)
        return
    widths = [max(map(cell_len, column)) for column in zip(columns, *listed, strict=True)]
    out.print(Text(_row(columns, widths), style="dim"))
    for row in listed:
        out.print(Text(_row(row, widths)))


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless `yes`; raises NotConfirmed when nobody can answer."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise NotConfirmed(f"{question} There is no terminal to answer it.", hint="Add --yes when you are sure.")
    typer.confirm(question, abort=True, err=True)


def fail(problem: Problem) -> typer.Exit:
    """Print what happened, why and what to try; return the exit for `raise`."""
    talk.print(Text.assemble(("error: ", "bold red"), printable(problem.title)))
    talk.print(Text(printable(problem.detail)))
    if problem.hint:
        talk.print(Text.assemble(("try: ", "bold"), printable(problem.hint)))
    return typer.Exit(problem.exit_code)


def _cell(value: Any) -> str:
    return "" if value is None else printable(" ".join(str(value).split()))


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()
