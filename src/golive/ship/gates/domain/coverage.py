"""Line coverage from what test runners write: Cobertura XML, coverage.py and Istanbul JSON, lcov."""

import json
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

LARGEST = 50_000_000


class Unreadable(ValueError):  # noqa: N818  a state of the report, not a fault of the program
    """A report is missing, of an unknown form, or has no data in it."""


@dataclass(frozen=True)
class Coverage:
    """Covered lines of all lines."""

    covered: int
    lines: int

    @property
    def percent(self) -> float:
        return 100 * self.covered / self.lines


def read_coverage(text: str) -> Coverage:
    """Return what a report says. Raises Unreadable, also when no line was measured."""
    if len(text) > LARGEST:
        raise Unreadable("the report is larger than 50 MB")
    start = text.lstrip()[:1]
    try:
        if start == "<":
            found = _xml(text)
        elif start == "{":
            found = _json(json.loads(text))
        else:
            found = _lcov(text)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        ElementTree.ParseError,
    ) as error:
        raise Unreadable(f"the coverage report cannot be read ({error})") from error
    if found.lines <= 0 or not 0 <= found.covered <= found.lines:
        raise Unreadable("the coverage report measured no line")
    return found


def _xml(text: str) -> Coverage:
    if "<!ENTITY" in text:
        raise Unreadable("the coverage report declares entities")
    root = ElementTree.fromstring(text)  # noqa: S314  entities are refused above
    if root.get("lines-valid") is not None:
        return Coverage(int(root.attrib["lines-covered"]), int(root.attrib["lines-valid"]))
    hits = [int(line.attrib["hits"]) for line in root.iter("line")]
    return Coverage(sum(1 for hit in hits if hit), len(hits))


def _json(report: Any) -> Coverage:
    if "totals" in report:
        totals = report["totals"]
        return Coverage(int(totals["covered_lines"]), int(totals["num_statements"]))
    lines = report["total"]["lines"]
    return Coverage(int(lines["covered"]), int(lines["total"]))


def _lcov(text: str) -> Coverage:
    covered = lines = 0
    for line in text.splitlines():
        if line.startswith("LF:"):
            lines += int(line[3:])
        elif line.startswith("LH:"):
            covered += int(line[3:])
    return Coverage(covered, lines)
