"""An open crowd: requests begin when they are due, whether or not earlier ones were answered.

Latency counts from the moment a request was due, so that a server that stalls cannot hide it by slowing the crowd.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import httpx

from shoppers.figures import Figures
from shoppers.journey import Habits, Journey, Page, Step, visit

TIMEOUT = 20.0
RETURNING = 0.8  # a regional market lives on its regulars
BROWSERS = ("Mozilla/5.0 Firefox/128.0", "Mozilla/5.0 Chrome/131.0", "Mozilla/5.0 Safari/605.1")
APP = "Market-App/2.4.1"


def agent(shopper: int) -> str:
    """What a shopper browses with: one in twelve has the app."""
    return APP if shopper % 12 == 0 else BROWSERS[shopper % len(BROWSERS)]


@dataclass
class Shopper:
    """One visitor with a cookie jar of their own."""

    number: int
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    journey: Journey | None = None
    page: Page | None = None


class Crowd:
    """``clients`` shoppers at the same time, ``rate`` requests a second in total, arrivals at random moments."""

    def __init__(
        self, *, url: str, rate: float, clients: int, seed: int, habits: Habits, figures: Figures
    ) -> None:
        self._rate = rate
        self._random = Random(seed)
        self._habits = habits
        self._figures = figures
        self._arrived = clients
        self._free = deque(Shopper(number) for number in range(clients))
        self._waiting: deque[float] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=clients, keepalive_expiry=15
        )
        self._client = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT, limits=limits, trust_env=False
        )

    async def run(
        self, *, seconds: float, stop: asyncio.Event, tick: Callable[[], None] | None = None
    ) -> None:
        """Shops until ``seconds`` have passed or ``stop`` is set, then lets requests under way end."""
        begun = due = time.monotonic()
        shown = 0
        while due - begun < seconds and not stop.is_set():
            due += self._random.expovariate(self._rate)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), max(0.0, due - time.monotonic()))
            if not stop.is_set():
                self._begin(due)
            if tick and int(due - begun) > shown:
                shown = int(due - begun)
                tick()
        self._figures.unsent = len(self._waiting)
        self._waiting.clear()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=TIMEOUT if not stop.is_set() else 3.0)
        for task in list(self._under_way):
            task.cancel()
        await self._client.aclose()

    def _begin(self, due: float) -> None:
        if not self._free:
            self._waiting.append(due)
            return
        self._free.rotate(self._random.randrange(len(self._free)))
        task = asyncio.get_running_loop().create_task(self._shop(self._free.popleft(), due))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _shop(self, shopper: Shopper, due: float) -> None:
        shopper.page = await self._request(shopper, self._next(shopper), due)
        self._free.append(shopper)
        if self._waiting:
            self._begin(self._waiting.popleft())

    def _next(self, shopper: Shopper) -> Step:
        if shopper.journey is not None and shopper.page is not None:
            with suppress(StopIteration):
                return shopper.journey.send(shopper.page)
            if self._random.random() >= RETURNING:
                self._arrived += 1
                shopper.number, shopper.cookies = self._arrived, httpx.Cookies()
        shopper.journey = visit(self._random, self._habits, shopper.number)
        return next(shopper.journey)

    async def _request(self, shopper: Shopper, step: Step, due: float) -> Page:
        page, error = Page(0), ""
        request = self._client.build_request(
            step.method, step.path, data=step.form, json=step.json, cookies=shopper.cookies
        )
        request.headers["User-Agent"] = agent(shopper.number)
        try:
            page = (
                await self._listen(request, step)
                if step.listen
                else await self._fetch(request, shopper)
            )
        except httpx.TimeoutException:
            error = "timeout"
        except httpx.HTTPError as problem:
            error = type(problem).__name__
        seconds = time.monotonic() - due - step.listen * (page.status == 200)
        at = time.time() - (time.monotonic() - due)
        self._figures.add(
            route=step.route,
            at=at,
            seconds=max(0.0, seconds),
            status=page.status,
            error=error,
            shopper=shopper.number,
        )
        return page

    async def _fetch(self, request: httpx.Request, shopper: Shopper) -> Page:
        answer = await self._client.send(request)
        shopper.cookies.extract_cookies(answer)
        self._client.cookies.clear()
        return Page(answer.status_code, answer.text, answer.headers.get("location", ""))

    async def _listen(self, request: httpx.Request, step: Step) -> Page:
        answer = await self._client.send(request, stream=True)
        self._client.cookies.clear()
        try:
            async with asyncio.timeout(step.listen):
                async for _ in answer.aiter_raw():
                    pass
        except TimeoutError:
            pass
        except httpx.HTTPError:
            self._figures.cut_streams += 1
        finally:
            await answer.aclose()
        return Page(answer.status_code)
