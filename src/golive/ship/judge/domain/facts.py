"""What goes into the judge and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

NEW: Final = 0
OLD: Final = 1
BOTH_WELL: Final = "both_well"  # reason of a RESUME after trouble that both releases shared
Number = float | int | str | bool | None


class Attempt(NamedTuple):
    """One attempt of the edge to have a request answered by a replica.

    t: completion, seconds of the caller's monotonic clock.  client: pseudonym of the visitor cookie, else of address
    and agent (then `known` is False and `path` tells its units apart).  route: method and template.  status: 0 when
    there was no answer.  left: the client went away first.  stream: an event stream, whose length is no latency.
    """

    t: float
    client: str
    route: str
    release: str
    status: int
    ms: float
    request: str = ""
    left: bool = False
    known: bool = True
    path: str = ""
    prefix: str = ""
    stream: bool = False


class Probe(NamedTuple):
    """Answer to a PROBE action; `route` as in the action.  Always asked of both releases, new first."""

    t: float
    route: str
    release: str
    status: int
    ms: float


class Fault(NamedTuple):
    """A hard fact from the keepers, repeated every few seconds while it lasts.

    kind: crash_loop | readiness_lost (on all replicas) | database_connection (a replica that is not ready says so).
    """

    t: float
    release: str
    kind: str


class ActionKind(StrEnum):
    """What the release engine is asked to do."""

    PROBE = "PROBE"  # ask `route` of both releases, report two Probes
    PULL = "PULL"  # take the new release out of traffic now; nobody is blamed yet
    HOLD = "HOLD"  # blind: do not move the step
    HELD = "HELD"  # old is bad too: stay pulled, blame no release
    RESUME = "RESUME"  # fresh process, small share
    ROLLBACK = "ROLLBACK"  # the verdict: the release is worse
    ASK = "ASK"  # a person decides
    ADVANCE = "ADVANCE"  # the step may move on


@dataclass(frozen=True, slots=True)
class Action:
    """`reason` for machines (a slug), `sentence` for people, `numbers` for the record."""

    t: float
    kind: ActionKind
    reason: str
    sentence: str
    numbers: dict[str, Number] = field(default_factory=dict)
    route: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the judge stands; `state` is BASELINE, WATCH, CONFIRMING, HELD, ROLLED_BACK or ASKED."""

    state: str
    reason: str
    sentence: str
    numbers: dict[str, Number]
    began_with_release: bool = False
