"""What serves is in trouble and golive does not go back from it: what that means for users, in words.  Pure.

mission: SHIP-5, RESPOND-1
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

TROUBLE: Final = "trouble"  # among the facts of a release while its users are in it
TROUBLED: Final = "troubled"  # how often they were
DOWN: Final = frozenset({"crash_loop", "readiness_lost"})  # nobody is served
FAILING: Final = DOWN | {"errors", "errors_5min", "unanswered", "database_connection"}
_EVIDENCE: Final = frozenset({"evidence", "back", "first_deployment"})


@dataclass(frozen=True)
class Serving:
    """A release that goes on serving: `returned_from` was rolled back to it ("" otherwise), `first`: none was before it,
    `to` is another one that could serve ("" for none); `asked` requests of the last minute, of which `failed`.
    """

    version: str
    kind: str
    returned_from: str = ""
    first: bool = False
    to: str = ""
    asked: int = 0
    failed: int = 0


def kind_of(reason: str, numbers: Mapping[str, Any]) -> str:
    """Return what the judge has found: the kind of evidence, or the rule or hard fault by its name."""
    return str(numbers.get("kind", "")) if reason in _EVIDENCE else reason


def grade(kind: str, faults: Collection[str] = ()) -> int:
    """Return 2 when nobody is served, 1 when requests fail, 0 when users only wait."""
    if DOWN & {kind, *faults}:
        return 2
    return int(bool(FAILING & {kind, *faults}))


def sentence(one: Serving) -> str:
    """Say what is wrong, why golive leaves it there, and what helps: all that a message at night has room for."""
    return f"{_what(one)} {_why(one)} {advice(one.to, grade(one.kind))}".strip()


def advice(to: str, grave: int) -> str:
    """Say what helps."""
    ways = ["ship a fix", *([f"go back to {to}"] if to else [])]
    if grave:
        ways.append("show everyone a maintenance page meanwhile")
    *others, last = ways
    return f"What helps: {', '.join(others)}{' or ' if others else ''}{last}."


def found(facts: Mapping[str, Any]) -> str:
    """Say what the watch of a release has found, by its facts."""
    times = facts.get(TROUBLED, 0)
    return f"its requests failed {'once' if times == 1 else f'{times} times'}" if times else "nothing was found"


def commands(service: str, to: str) -> tuple[tuple[str, str], ...]:
    """Return what a person may type, with what comes of it."""
    back = f"golive rollback {to} --service {service}", f"{to} serves; it says first what that does to the data"
    return (
        ("golive deploy", "ships a fix; `golive promote` skips its steps"),
        *((back,) if to else ()),
        (f"golive maintenance on --service {service}", "shows everyone a page, until `off`"),
    )


def _what(one: Serving) -> str:
    name = one.version
    said = {
        "crash_loop": f"{name} crashes again and again.",
        "readiness_lost": f"No replica of {name} is ready.",
        "database_connection": f"{name} cannot reach its database.",
        "p95_1000ms_10min": f"One in twenty answers of {name} has taken more than a second for ten minutes.",
        "mix": f"{name} answers with other status codes than usual.",
    }
    if one.kind in said:
        return said[one.kind]
    if one.kind in FAILING:
        count = f": {one.failed} of {one.asked} in the last minute" if one.failed else ""
        return f"Requests to {name} fail{count}."
    return f"{name} answers slowly."


def _why(one: Serving) -> str:
    if one.returned_from:
        return (
            f"It serves because {one.returned_from} was rolled back, and golive goes no further back by itself: users "
            "stay on it."
        )
    if one.first:
        return "It is the first release: there is none to go back to, so users stay on it."
    return "golive compares it with no other release any more and does not go back by itself: users stay on it."
