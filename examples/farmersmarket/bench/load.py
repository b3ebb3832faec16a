"""Open load: calls begin when they are due, latency counts from then."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
from shoppers.figures import quantiles

Call = Callable[[Random], tuple[str, str, dict[str, Any]]]


@dataclass
class Result:
    """Seconds of each call, and how many failed."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def report(self) -> dict[str, Any]:
        return {"requests": len(self.seconds), "failed": self.failed, **quantiles(self.seconds)}


async def hold(url: str, call: Call, *, rate: float, seconds: float, seed: int = 1) -> Result:
    """Sends ``rate`` calls a second for ``seconds``."""
    random, result = Random(seed), Result()
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    async with httpx.AsyncClient(
        base_url=url, timeout=20, trust_env=False, limits=limits
    ) as client:
        begun = due = time.monotonic()
        tasks = []
        while due - begun < seconds:
            due += random.expovariate(rate)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            tasks.append(asyncio.create_task(_one(client, call(random), due, result)))
        await asyncio.gather(*tasks)
    return result


async def _one(
    client: httpx.AsyncClient, wanted: tuple[str, str, dict[str, Any]], due: float, result: Result
) -> None:
    method, path, more = wanted
    try:
        answer = await client.request(method, path, **more)
        result.failed += answer.status_code >= 400
    except httpx.HTTPError:
        result.failed += 1
    result.seconds.append(time.monotonic() - due)


STEPS = ("CONFIRMED", "PREPARING", "READY", "COLLECTED")


async def follow(
    url: str, orders: list[str], token: str, *, rate: float, seconds: float
) -> tuple[Result, Result]:
    """With a tracker on each order, changes statuses; returns the updates, and how long until they were seen."""
    updates, seen = Result(), Result()
    changed: dict[tuple[str, str], float] = {}
    connected = asyncio.Semaphore(0)
    limits = httpx.Limits(max_connections=None)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=url, timeout=60, trust_env=False, limits=limits
    ) as client:

        async def track(order: str) -> None:
            async with client.stream("GET", f"/live/{order}") as stream:
                connected.release()
                async for line in stream.aiter_lines():
                    if line.startswith("data: "):
                        status = json.loads(line[6:])["status"]
                        if (order, status) in changed:
                            seen.seconds.append(time.monotonic() - changed.pop((order, status)))

        trackers = [asyncio.create_task(track(order)) for order in orders]
        for _ in orders:
            await asyncio.wait_for(connected.acquire(), 60)
        await asyncio.sleep(1)
        tasks = []
        steps = [(order, status) for status in STEPS for order in orders][: int(rate * seconds)]
        begun = time.monotonic()
        for number, (order, status) in enumerate(steps):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            changed[order, status] = due
            more = {"json": {"status": status}, "headers": headers}
            wanted = ("PUT", f"/api/orders/{order}/status", more)
            tasks.append(asyncio.create_task(_one(client, wanted, due, updates)))
        await asyncio.gather(*tasks)
        await asyncio.sleep(2)
        seen.failed = len(changed)
        for tracker in trackers:
            tracker.cancel()
        await asyncio.gather(*trackers, return_exceptions=True)
    return updates, seen
