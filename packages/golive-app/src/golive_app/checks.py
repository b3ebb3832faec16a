"""Named checks of the things an app depends on, run side by side within one deadline."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["ok", "warning", "down", "unknown"]
DEADLINE = 5.0
MEMORY_WARNING = 0.90


class Down(Exception):  # noqa: N818
    """The dependency does not work; the message is shown in the health report."""


@dataclass(frozen=True)
class Outcome:
    """What one check found. ``seconds`` is how long it took, 0.0 where it was not run."""

    state: State
    detail: str = ""
    seconds: float = 0.0


Probe = Callable[[], Outcome | None]


class Check:
    """One probe, never run twice at a time: who asks while it runs waits for the same answer."""

    def __init__(self, name: str, probe: Probe, *, ready: bool) -> None:
        self.name = name
        self.ready = ready
        self._probe = probe
        self._lock = threading.Lock()
        self._running: Future[Outcome] | None = None

    def begin(self) -> "Future[Outcome]":
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                threading.Thread(
                    target=self._run, args=(self._running,), name=f"check-{self.name}", daemon=True
                ).start()
            return self._running

    def _run(self, answer: "Future[Outcome]") -> None:
        begun = time.monotonic()
        try:
            outcome = self._probe() or Outcome("ok")
        except Down as error:
            outcome = Outcome("down", str(error))
        except Exception as error:  # noqa: BLE001 - foreign code: whatever it raises means down
            outcome = Outcome("down", type(error).__name__)
        answer.set_result(Outcome(outcome.state, outcome.detail, round(time.monotonic() - begun, 4)))


class Registry:
    """The checks of one process by name."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, probe: Probe, *, ready: bool = True) -> None:
        """Registers ``probe``; a later one of the same name takes its place."""
        self._checks[name] = Check(name, probe, ready=ready)

    def __contains__(self, name: str) -> bool:
        return name in self._checks

    def __iter__(self) -> Iterator[Check]:
        return iter(list(self._checks.values()))

    def run(self, *, deadline: float = DEADLINE, ready_only: bool = False) -> dict[str, Outcome]:
        """Every check's outcome; one that has not answered after ``deadline`` seconds is down."""
        begun = time.monotonic()
        running = [(check.name, check.begin()) for check in self if check.ready or not ready_only]
        return {name: _answer(future, begun + deadline - time.monotonic(), deadline) for name, future in running}


def _answer(future: "Future[Outcome]", seconds: float, deadline: float) -> Outcome:
    try:
        return future.result(timeout=max(0.0, seconds))
    except TimeoutError:
        return Outcome("down", f"no answer within {deadline:g} s", deadline)


def memory() -> Outcome:
    """Used share of the memory limit: of the control group where one is set, else of the machine."""
    used = _group_use() or _machine_use()
    if used is None:
        return Outcome("unknown")
    return Outcome("warning" if used >= MEMORY_WARNING else "ok", f"{used:.0%} used")


def _group_use() -> float | None:
    root = Path("/sys/fs/cgroup")
    for limit, current in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        with suppress(OSError, ValueError):
            ceiling = int((root / limit).read_text())
            if 0 < ceiling < 1 << 50:
                return int((root / current).read_text()) / ceiling
    return None


def _machine_use() -> float | None:
    with suppress(OSError, ValueError, KeyError, IndexError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        facts = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        return 1 - facts["MemAvailable"] / facts["MemTotal"]
    return None


def _unconfigured() -> Outcome:
    return Outcome("unknown", "not configured")


registry = Registry()
registry.add("database", _unconfigured)
registry.add("redis", _unconfigured)
registry.add("memory", memory, ready=False)


def check(name: str, *, ready: bool = True) -> Callable[[Probe], Probe]:
    """Decorator that registers a check.

    The function returns nothing when all is well, an ``Outcome`` to say more, and raises ``Down`` (or anything
    else) when the dependency fails. ``ready=False`` keeps a dependency without which the app still serves out of
    ``/api/ready``; ``/api/health`` shows it all the same.
    """

    def register(probe: Probe) -> Probe:
        registry.add(name, probe, ready=ready)
        return probe

    return register
