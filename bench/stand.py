"""A service with its users: what journeys and benchmarks of whole releases share."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

from bench.load import Answer, Load, Shape
from golive.adapters.keeper import Keepers
from golive.ship.releases.domain.states import CLOSED, WATCHES, State
from golive.ship.replicas.domain import ProcessState
from tools.lab import Lab, TestRepository, free_port

Ask = tuple[float, str, Callable[[Random], str]]
MIX: Sequence[Ask] = (
    (3.0, "GET", lambda c: c.choice(["/", "/products", "/search", "/stalls"])),
    (1.0, "GET", lambda c: f"/product/{c.randrange(500)}"),
    (1.0, "POST", lambda _c: "/checkout"),
)
QUICK = 'replicas = 2\nhold_back = 0\nsteps = [{ share = 50, at_least = "2s", at_most = "4s" }]\n'
SERVING = (*WATCHES, State.SETTLED)
ENDED = (*(CLOSED | frozenset(WATCHES)), State.HELD, State.ASKED)


class Users:
    """Visitors of one address, in a thread of their own, for the length of a `with` block."""

    def __init__(
        self,
        port: int,
        *,
        rate: float = 40.0,
        clients: int = 60,
        mix: Sequence[Ask] = MIX,
        timeout_s: float = 20.0,
        seed: int = 1,
    ) -> None:
        self.load = Load("127.0.0.1", port, Shape(rate, clients, list(mix), seed, timeout_s))
        self._thread = threading.Thread(target=lambda: asyncio.run(self.load.run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.load.stop()
        self._thread.join()

    @property
    def answers(self) -> list[Answer]:
        return self.load.answers

    @property
    def failed(self) -> list[Answer]:
        return [answer for answer in list(self.load.answers) if answer.failed]

    def since(self, index: int) -> list[Answer]:
        return self.load.answers[index:]


@dataclass
class Stand:
    """A service of a running golive, its repository and the address that its users know."""

    lab: Lab
    name: str
    production: str = QUICK
    extra: str = ""
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.repository = TestRepository(
            self.lab.directory / self.name,
            self.name,
            edge_port=self.port,
            production=self.production,
            gates=self.extra,
        )

    def version(self, tag: str, **behaviour: Any) -> str:
        """Commit a version; returns its tag."""
        return self.repository.version(tag, **({"ms": 3} | behaviour))

    def open(self, **behaviour: Any) -> Self:
        """Register the service and ship its first release, v1."""
        self.version("v1", **behaviour)
        self.lab.register(self.repository.path)
        self.wait(self.lab.deploy(self.name, "v1"), *SERVING)
        return self

    def deploy(self, tag: str, **behaviour: Any) -> str:
        """Commit a version and ask for its release; returns the release's id."""
        return self.lab.deploy(self.name, self.version(tag, **behaviour))

    def ship(self, tag: str, **behaviour: Any) -> dict[str, Any]:
        """Ship a version until it serves all users or has ended another way."""
        return self.wait(self.deploy(tag, **behaviour), *ENDED)

    def wait(self, release: str, *states: str, seconds: float = 120.0) -> dict[str, Any]:
        return self.lab.wait_for_state(release, *states, seconds=seconds)

    def users(self, **shape: Any) -> Users:
        return Users(self.port, **shape)

    def site(self) -> dict[str, Any]:
        """Return what the API says of production."""
        found = self.lab.client().get("/sites", service=self.name)
        return next(one for one in found if one["environment"] == "production")

    def replicas(self, release: str, environment: str = "production") -> list[ProcessState]:
        """Return the living processes of a release."""
        return [
            state
            for state in processes(self.lab)
            if state.labels.get("release") == release and state.labels.get("environment") == environment and state.alive
        ]


def processes(lab: Lab) -> tuple[ProcessState, ...]:
    """Return everything that keepers of this golive keep."""
    return Keepers(lab.home / "run", lab.home / "logs").list()


def end_cleanly() -> None:
    """Have SIGTERM unwind the program, so that no golive is left behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def kill(pid: int | None) -> None:
    """Send SIGKILL to one process; one that is gone already is fine."""
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
