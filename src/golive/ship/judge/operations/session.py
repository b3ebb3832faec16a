"""One judge at work in one process: its clock, its place in the log, its probes, and what the record wants to know.

The whole session is an image in the release's job: another process goes on from there, reads the log from the kept
place and comes to the same decisions.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from golive.kernel.clock import Clock
from golive.ship.judge.domain import (
    Action,
    ActionKind,
    Attempt,
    CheckpointError,
    Config,
    Fault,
    Judge,
    Timeline,
    parse,
)
from golive.ship.judge.domain.checkpoint import decode, encode
from golive.ship.judge.operations.attempt_log import AttemptLog, Position
from golive.ship.judge.operations.journal import Journal
from golive.ship.judge.operations.lately import Lately
from golive.ship.judge.operations.probing import Probing
from golive.ship.traffic.domain import Replica

BACK_BYTES: Final = 24 * 1024 * 1024  # of the log that the baseline is learned from
BACK_SECONDS: Final = 900.0
START: Final = 100_000.0  # the session's clock begins here, so that the past has room before it
MOST_REQUESTS: Final = 20
MOST_UNITS: Final = 100_000


@dataclass(frozen=True)
class SiteFacts:
    """What a turn is told beside the log: the edge's counters, hard faults by release, and where to ask."""

    counters: dict[str, int] = field(default_factory=dict)
    faults: tuple[tuple[str, str], ...] = ()  # (release, kind of the judge)
    new: tuple[Replica, ...] = ()
    old: tuple[Replica, ...] = ()


class Session:
    """A judge with its surroundings.

    `t` is seconds of the session's own clock, which survives processes. `rate` is the site's requests/s in the last
    minute before the session began, None when that is unknown; `quiet`: nobody asked for anything lately. `failed_units` are (visitor, route, minute) that
    failed on the new release since it last got more traffic, `lately` is how it does. `aligned` is the version of the site's row that the edge
    and the judge know of, in this process.
    """

    def __init__(self, judge: Judge, site: str, log: AttemptLog, clock: Clock, t: float, site_host: str = "") -> None:
        self.judge, self.site, self.log = judge, site, log
        self.timeline = Timeline()
        self.first_bad_at: datetime | None = None
        self.requests: list[str] = []
        self.failed_units = 0
        self.rate: float | None = None
        self.quiet = False
        self.aligned = -1
        self.failed_requests = 0
        self.journal = Journal(judge.standing.new, clock)
        self._units: set[tuple[str, str, int]] = set()
        self._heard: list[Attempt] = []
        self._clock = clock
        self._t, self._mono = t, clock.monotonic()
        self.lately = Lately(t)
        self.probing = Probing(judge.standing.new, judge.standing.old or "", site_host, self.seconds)

    @classmethod
    def begin(
        cls,
        *,
        new: str,
        old: str,
        site: str,
        config: Config,
        log: Path,
        clock: Clock,
        site_host: str = "",
        migrated_at: datetime | None = None,
    ) -> "Session":
        """Learn the old release from the last minutes of the log; `old` is "" for a first deployment.

        `migrated_at`: the moment this release changed the database, so that trouble of both since then is its own.
        """
        judge = Judge(config, new, old or None)
        session = cls(judge, site, AttemptLog(log), clock, START, site_host)
        session._learn(migrated_at)
        session._heard.clear()
        session.journal.begin(judge.dump())
        return session

    @classmethod
    def restore(cls, image: dict[str, Any], *, log: Path, clock: Clock) -> "Session":
        """Go on where another process stopped. Raises CheckpointError."""
        try:
            gap = (clock.now() - datetime.fromisoformat(image["at"])).total_seconds()
            session = cls(
                Judge.load(image["judge"]),
                image["site"],
                AttemptLog(log, Position(*image["position"])),
                clock,
                image["t"] + max(gap, 0.0),
                image["site_host"],
            )
            timeline = decode(image["timeline"])
            first = image["first_bad_at"]
            session.requests, session.failed_units = image["requests"], image["failed_units"]
            session.failed_requests = image["failed_requests"]
            session.journal.offset, session.journal.mark = image["journal"], image["journal_mark"]
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"the session's image is damaged: {error}") from error
        session.timeline = timeline if isinstance(timeline, Timeline) else Timeline()
        session.first_bad_at = datetime.fromisoformat(first) if first else None
        session.journal.go_on()
        return session

    def image(self) -> dict[str, Any]:
        """Return the session as JSON."""
        return {
            "at": self._clock.now().isoformat(),
            "t": self.seconds(),
            "site": self.site,
            "site_host": self.probing.site_host,
            "judge": self.judge.dump(),
            "timeline": encode(self.timeline),
            "position": list(asdict(self.log.position).values()),
            "first_bad_at": self.first_bad_at.isoformat() if self.first_bad_at else None,
            "requests": self.requests,
            "failed_units": self.failed_units,
            "failed_requests": self.failed_requests,
            "journal": self.journal.offset,
            "journal_mark": self.journal.mark,
        }

    def seconds(self) -> float:
        """Return the session's present second."""
        return self._t + self._clock.monotonic() - self._mono

    def switch(self, share: float, reason: str, *, at_least: float = 0, at_most: float = 0) -> None:
        """Tell the judge of a split that the edge has confirmed."""
        if reason in ("step", "full", "resume"):
            self._units.clear()
            self.first_bad_at, self.requests = None, []
            self.failed_units = self.failed_requests = 0
        t = self.seconds()
        self.judge.switch(t, share, reason, at_least=at_least, at_most=at_most)
        self.journal.switch(t, share, reason, at_least, at_most)

    def turn(self, facts: SiteFacts) -> list[Action]:
        """Read what is new, close the second, and return what the engine has to do; probes are asked here."""
        t = self.seconds()
        while lines := self.log.read():
            for line in lines:
                self._take(line, t)
        probes = self.probing.answers()
        faults = [Fault(t, release, kind) for release, kind in facts.faults]
        counters = {release: float(n) for release, n in facts.counters.items()}
        for probe in probes:
            self.judge.observe(probe)
        for fault in faults:
            self.judge.observe(fault)
        self.judge.counters(t, counters)
        self.journal.turn(t, self._heard, probes, faults, counters)
        self.lately.close(t, faults=any(one.release == self.judge.standing.new for one in faults))
        self._heard.clear()
        actions, said = [], self.judge.tick(t)
        self.journal.decided(said)
        for action in said:
            if action.kind is ActionKind.PROBE:
                self.probing.ask(action.route, facts.new, facts.old)
            else:
                actions.append(action)
        return actions

    @property
    def share(self) -> float:
        """The share (0..1) of the new release that the judge knows of."""
        return self.judge.standing.share

    def skip(self) -> None:
        """Forget what the log got while nobody judged."""
        self.log.back(0)

    def wall(self, t: float) -> datetime:
        """Return the moment of a session's second."""
        return self._clock.now() - timedelta(seconds=self.seconds() - t)

    def close(self) -> None:
        """Give threads back."""
        self.probing.close()

    def _take(self, line: bytes, arrival: float) -> None:
        if not self._is_here(line):
            return
        attempt = parse(line, self.timeline, arrival)
        if attempt is not None and self.judge.standing.side(attempt.release) is not None:
            self._note(attempt)
            self._heard.append(attempt)
            self.judge.observe(attempt)

    def _note(self, attempt: Attempt) -> None:
        """Keep what incident and bench ask for: when the first bad answer came, and to which requests."""
        if attempt.release != self.judge.standing.new or self.share <= 0 or attempt.left:
            return
        bad = attempt.status >= 500 or attempt.status == 0
        self.lately.note(failed=bad)
        if not bad:
            return
        self.failed_requests += 1
        if self.first_bad_at is None:
            self.first_bad_at = self.wall(attempt.t)
        if attempt.request and len(self.requests) < MOST_REQUESTS:
            self.requests.append(attempt.request)
        unit = (attempt.client + attempt.path, attempt.route, int(attempt.t // 60))
        if unit not in self._units and len(self._units) < MOST_UNITS:
            self._units.add(unit)
            self.failed_units += 1

    def _is_here(self, line: bytes) -> bool:
        """Whether the line is of this site: staging runs the same release."""
        return f'"{self.site}"'.encode() in line

    def _learn(self, migrated_at: datetime | None) -> None:
        """Replay the log's last minutes second by second, as if they had just been written."""
        now, wall = self.seconds(), self._clock.now().timestamp()
        mark = None if migrated_at is None else now - (wall - migrated_at.timestamp())
        last, first, lately = now - BACK_SECONDS, now, 0
        old = f'"{self.judge.standing.old}"'.encode()
        for line in filter(self._is_here, self.log.back(BACK_BYTES)):
            if old not in line:
                continue  # what the new release did before belongs to another case
            ended = ended_at(line)
            if ended is None or not now - BACK_SECONDS <= (t := now - (wall - ended)) <= now:
                continue
            mark = self._pass(mark, last, t)
            last, first, lately = max(last, t), min(first, t), lately + (t >= now - 60)
            self._take(line, t)
        self._pass(mark, last, now)
        self.rate = lately / 60 if first <= now - 60 else None
        self.quiet = first == now

    def _pass(self, mark: float | None, last: float, t: float) -> float | None:
        """Let the seconds between two lines go by; the migration is marked when its moment comes."""
        if mark is not None and t >= mark:
            self.judge.switch(mark, 0.0, "migration")
            return None
        if self.judge.state != "BASELINE" and int(t) > int(last):
            self.judge.tick(t)
        return mark


def ended_at(line: bytes) -> float | None:
    """Return when an attempt ended by the edge's wall clock, in Unix seconds; None for what is no attempt."""
    try:
        row = json.loads(line)
        return float(row["ts"]) + float(row["ms"]) / 1000
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
