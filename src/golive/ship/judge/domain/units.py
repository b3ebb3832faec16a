"""Units: what counts once, however often a client retries.

A unit is (client, route, 60 s): exposed once, failed once, timed once, per release.  Clients without a visitor cookie
have units of (client, method and path, 10 s).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Final

from golive.ship.judge.domain.checkpoint import checkpointed
from golive.ship.judge.domain.config import Config
from golive.ship.judge.domain.evidence import RelativeEvidence
from golive.ship.judge.domain.facts import Attempt
from golive.ship.judge.domain.windows import ExposureWindow

EXPOSED, FAILED, TIMED, MIXED = 1, 2, 4, 8  # MIXED << category
LIFE: Final = 600.0
MOST_CLIENTS: Final = 50_000
MOST_UNITS: Final = 200_000
WAIT_FOR_CONTROL: Final = 10.0


@checkpointed
@dataclass(slots=True)
class Client:
    """What one client (or address prefix) may still contribute in its own 10 minutes, on both releases together."""

    until: float
    failed: int = 0
    slow: int = 0
    mixed: int = 0
    slow_at: float = -1e18


@checkpointed
@dataclass(slots=True)
class Clients:
    """Clients by name; their windows are staggered, so they do not all end at once."""

    known: dict[str, Client] = field(default_factory=dict)

    def get(self, t: float, name: str) -> Client:
        """The client's account, renewed when its 10 minutes are over."""
        client = self.known.get(name)
        if client is None:
            if len(self.known) >= MOST_CLIENTS:
                self.prune(t)
            if len(self.known) >= MOST_CLIENTS:
                name = "crowd"
            client = self.known.setdefault(name, Client(-1e18))
        if t >= client.until:
            client.until = t + LIFE - (t + zlib.crc32(name.encode()) % LIFE) % LIFE
            client.failed = client.slow = client.mixed = 0
        return client

    def prune(self, t: float) -> None:
        """Forget accounts whose time is over."""
        self.known = {k: c for k, c in self.known.items() if c.until > t}


@checkpointed
@dataclass(slots=True)
class Units:
    """Which units have been exposed, failed and timed in the running minute, and who may still contribute."""

    bits: dict[tuple[str, str, int], int] = field(default_factory=dict)
    clients: Clients = field(default_factory=Clients)
    prefixes: Clients = field(default_factory=Clients)
    crowds: dict[str, int] = field(default_factory=dict)  # units of each prefix in the baseline
    minute: float = -1e18

    def restart(self, t: float) -> None:
        """Begin a new minute; at a switch everybody is exposed afresh."""
        self.bits.clear()
        self.minute = t

    def roll(self, t: float) -> None:
        """Begin a new minute when the running one is over, and keep memory bounded."""
        if t - self.minute < 60 and len(self.bits) < MOST_UNITS:
            return
        self.restart(t)
        self.clients.prune(t)
        self.prefixes.prune(t)

    @staticmethod
    def key(attempt: Attempt, route: str, side: int) -> tuple[str, str, int]:
        """The unit an attempt belongs to within the running minute."""
        if attempt.known:
            return attempt.client, route, side
        return attempt.client, f"{attempt.path}@{int(attempt.t // 10)}", side

    def note_crowd(self, attempt: Attempt) -> None:
        """Learn in the baseline which prefixes are crowds (a proxy, an office), and which clients without a cookie."""
        self.crowds[""] = self.total + 1
        for name in (attempt.prefix, "" if attempt.known else f"api {attempt.client}"):
            if name and (name in self.crowds or len(self.crowds) < 1000):
                self.crowds[name] = self.crowds.get(name, 0) + 1

    def name(self, attempt: Attempt) -> str:
        """Whose account an attempt belongs to.

        A cookie-less client with a tenth of the traffic is a service with few callers: its requests are split one by
        one over the releases, so each ten seconds of it are a witness of their own.
        """
        if attempt.known or self.crowds.get(f"api {attempt.client}", 0) * 10 < max(self.total, 100):
            return attempt.client
        return f"{attempt.client}@{int(attempt.t // 10)}"

    def account(self, t: float, prefix: str, config: Config) -> tuple[Client | None, bool]:
        """The prefix's account (None: unknown or a crowd, which is not capped) and whether it may still contribute."""
        if not prefix or self.crowds.get(prefix, 0) * 10 >= max(self.total, 1):
            return None, True
        account = self.prefixes.get(t, prefix)
        return account, account.failed < config.prefix_cap

    @property
    def total(self) -> int:
        """Units that taught the crowds."""
        return self.crowds.get("", 0)


@checkpointed
@dataclass(slots=True)
class RiskSet:
    """A relative e-process over the units of clients that have failed fewer than `cap` times (Cox's risk set)."""

    cap: int
    evidence: RelativeEvidence
    window: ExposureWindow = field(default_factory=ExposureWindow)
    n: list[int] = field(default_factory=lambda: [0, 0])
    e: list[int] = field(default_factory=lambda: [0, 0])
    waiting: list[int] = field(default_factory=lambda: [0, 0])  # failures before the other side's first unit
    since: float = 0.0

    def tick(self, t: float, r0: float) -> None:
        """One tick's counts become evidence."""
        self.window.add(t, *self.n)
        if not any(self.waiting):
            self.since = t
        new, old = self.e[0] + self.waiting[0], self.e[1] + self.waiting[1]
        share = self.window.share
        if share is not None and (new or old):
            self.evidence.update(t, new, old, share, r0)
        waits = share is None and t - self.since < WAIT_FOR_CONTROL
        self.waiting = [new, old] if waits else [0, 0]
        self.drop()

    def drop(self) -> None:
        """Forget the running tick's counts."""
        self.n = [0, 0]
        self.e = [0, 0]

    def switched(self) -> None:
        """The weights have changed: exposure begins afresh."""
        self.window = ExposureWindow()
        self.waiting = [0, 0]
