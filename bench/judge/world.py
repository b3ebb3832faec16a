"""Worlds as small declarative specs: what the traffic is like, and what is wrong with whom and when."""

from __future__ import annotations

from dataclasses import dataclass

ROUTES: dict[str, tuple[float, float]] = {  # share of requests, median ms
    "GET /": (0.20, 20),
    "GET /products": (0.18, 45),
    "GET /product/{id}": (0.17, 35),
    "GET /search": (0.10, 90),
    "GET /cart": (0.08, 30),
    "POST /cart": (0.08, 40),
    "GET /stores": (0.05, 25),
    "POST /checkout": (0.05, 120),
    "GET /orders/{id}": (0.05, 50),
    "POST /login": (0.02, 150),
    "GET /about": (0.01, 10),
    "GET /api/track/{id}": (0.01, 15),
}
SHOP = ROUTES | {"POST /checkout": (0.10, 120), "GET /": (0.15, 20)}  # the demo's shoppers


@dataclass(frozen=True)
class Effect:
    """Something that happens to requests of `on`: "new", "old" or "both".

    Times are seconds after the first switch, by default the effect was there in the baseline too; `cold` limits it to the first seconds after a process of new started.
    A burst is on for `on_s` and off for `off_s` seconds on average (exponential), a drift grows over `grow` seconds.
    """

    on: str = "new"
    what: str = "fail"  # fail | slow | hang | stall (answered when it is over) | 302 | 401 | 404
    p: float = 1.0
    factor: float = 1.0
    routes: tuple[str, ...] = ()
    one_in: int = 0  # only every n-th client
    arms: tuple[float, float] = (
        0.0,
        1.0,
    )  # clients the edge moves at these shares: (0, 0.1) are the first tenth
    first: bool = False  # only the first request of a session
    start: float = -1e9
    end: float = 1e9
    cold: float = 0.0
    half: bool = False  # one of two replicas
    on_s: float = 0.0
    off_s: float = 0.0
    even: bool = False  # bursts last between half and one and a half of `on_s`
    grow: float = 0.0
    random_start: tuple[float, float] = ()  # type: ignore[assignment]
    length: float = 0.0
    chance: float = 1.0  # of the effect existing in a run


@dataclass(frozen=True)
class World:
    name: str
    truth: str  # good | bad | shared
    rps: float = 20.0
    clients: int = 0  # 0: about 8 per request/s, at least 12
    steps: tuple[tuple[float, float, float], ...] = ((0.1, 60, 120), (0.5, 60, 120))
    baseline: float = 150.0
    horizon: float = 700.0
    base_error: float = 0.002
    sigma: float = 0.5
    effects: tuple[Effect, ...] = ()
    heavy: float = 0.0  # share of traffic from one client
    scanners: float = 0.0  # share of requests to paths nobody has
    retry: float = 0.0  # chance that a failed request is tried again at once by the user
    late: float = 0.0  # lines come up to this many seconds late
    late_burst: float = 0.0  # the log is delivered every so many seconds
    clock_step: float = 0.0
    session: float = 600.0
    probes: tuple[str, ...] = ("GET /", "GET /products", "GET /search", "GET /stores")
    holdback: float = 0.03
    holdback_ends: float = 1e9  # s after FULL
    extra: tuple[tuple[str, float, float], ...] = ()  # routes only new has: share of requests, median ms
    shop: bool = False
    began_with: float = 120.0
    trap: bool = False
    heavy_fail: float = 0.0  # failure share of that one client
    label: str = ""

    @property
    def crowd(self) -> int:
        return self.clients or max(12, int(self.rps * 8))
