"""Probes in the background: pairs of the same question to both releases, new first."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from golive.kernel.ports import the
from golive.ship.judge.domain import Probe
from golive.ship.judge.ports import Answer, Prober
from golive.ship.traffic.domain import Replica

THREADS: Final = 4
MOST_WAITING: Final = 40
LIMIT_S: Final = 3.0
Pair = tuple[str, Answer, Answer, float]


class Probing:
    """Asks pairs without holding up the judge's second; answers are collected later."""

    def __init__(self, new: str, old: str, site_host: str, seconds: Callable[[], float]) -> None:
        self.new, self.old, self.site_host = new, old, site_host
        self._seconds = seconds
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: list[Future[Pair]] = []
        self._turn = 0

    def ask(self, route: str, new: tuple[Replica, ...], old: tuple[Replica, ...]) -> None:
        """Put one pair in; replicas take turns. Nothing is asked when a side has none, or too many wait."""
        if not new or not old or len(self._waiting) >= MOST_WAITING:
            return
        self._pool = self._pool or ThreadPoolExecutor(THREADS, thread_name_prefix="probe")
        self._turn += 1
        pair = new[self._turn % len(new)], old[self._turn % len(old)]
        self._waiting.append(self._pool.submit(self._pair, route, *pair))

    def answers(self) -> list[Probe]:
        """Return what was answered since the last call, pair by pair."""
        done = [future for future in self._waiting if future.done()]
        self._waiting = [future for future in self._waiting if not future.done()]
        probes = []
        for future in done:
            route, new, old, t = future.result()
            probes.append(Probe(t, route, self.new, new.status, new.ms))
            probes.append(Probe(t, route, self.old, old.status, old.ms))
        return probes

    def close(self) -> None:
        """Forget what waits."""
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _pair(self, route: str, new: Replica, old: Replica) -> Pair:
        path = route.split(" ", 1)[-1]
        prober = the(Prober)
        first = prober.ask(new.host, new.port, path, site_host=self.site_host, limit_s=LIMIT_S)
        second = prober.ask(old.host, old.port, path, site_host=self.site_host, limit_s=LIMIT_S)
        return route, first, second, self._seconds()
