"""An open-model load: requests leave at their planned times, latency counts from the plan (no coordinated omission).

Clients keep a cookie jar and one connection each, as browsers do; plain asyncio streams, so that a few hundred
requests a second cost a small part of a core.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """One request as its user saw it. Times in seconds (`at` Unix), latency in ms; status 0: no answer."""

    at: float
    method: str
    path: str
    status: int
    ms: float
    release: str = ""

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 500


@dataclass
class Shape:
    """What is asked: (weight, method, path); `path` may be made per request."""

    rate: float
    clients: int
    requests: list[tuple[float, str, Callable[[random.Random], str]]]
    seed: int = 1
    timeout_s: float = 20.0


@dataclass
class Load:
    """A running load; `answers` grows until `stop`."""

    host: str
    port: int
    shape: Shape
    answers: list[Answer] = field(default_factory=list)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        self._stop.set()

    async def run(self, seconds: float | None = None) -> list[Answer]:
        """Send until `seconds` are over or `stop()`; returns all answers."""
        chance = random.Random(self.shape.seed)
        clients = [_Client(self.host, self.port, self.shape.timeout_s) for _ in range(self.shape.clients)]
        weights = [weight for weight, _, _ in self.shape.requests]
        began = planned = time.monotonic()
        pending: set[asyncio.Task[None]] = set()
        while not self._stop.is_set() and (seconds is None or planned - began < seconds):
            planned += chance.expovariate(self.shape.rate)
            delay = planned - time.monotonic()
            if delay > 0:
                try:
                    await asyncio.wait_for(self._stop.wait(), delay)
                    break
                except TimeoutError:
                    pass
            _, method, path = chance.choices(self.shape.requests, weights)[0]
            task = asyncio.create_task(self._one(chance.choice(clients), method, path(chance), planned))
            pending.add(task)
            task.add_done_callback(pending.discard)
        if pending:
            await asyncio.wait(pending, timeout=self.shape.timeout_s)
        for client in clients:
            client.close()
        return self.answers

    async def _one(self, client: "_Client", method: str, path: str, planned: float) -> None:
        at = time.time()
        status, release = await client.ask(method, path)
        ms = (time.monotonic() - planned) * 1000
        self.answers.append(Answer(at, method, path, status, ms, release))


class _Client:
    """One visitor: a jar and, as browsers have, as many connections as requests at once."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._host, self._port, self._timeout = host, port, timeout_s
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._cookies: dict[str, str] = {}

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()

    async def ask(self, method: str, path: str) -> tuple[int, str]:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._ask(method, path)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            return 0, ""

    async def _ask(self, method: str, path: str) -> tuple[int, str]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                break
        else:
            reader, writer = await asyncio.open_connection(self._host, self._port)
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        body = b"x=1" if method in {"POST", "PUT"} else b""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            "User-Agent: bench",
            *([f"Cookie: {cookie}"] if cookie else []),
            *([f"Content-Length: {len(body)}", "Content-Type: application/x-www-form-urlencoded"] if body else []),
        ]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        await writer.drain()
        status, headers = await self._head(reader)
        await _discard_body(reader, headers)
        if headers.get("connection", "") == "close":
            writer.close()
        else:
            self._idle.append((reader, writer))
        return status, headers.get("x-release", "")

    async def _head(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in head[1:]:
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                crumb, _, rest = value.strip().partition("=")
                self._cookies[crumb] = rest.split(";", 1)[0]
            headers[name.lower()] = value.strip()
        return int(head[0].split(" ", 2)[1]), headers


async def _discard_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> None:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while True:
            size = int((await reader.readline()).split(b";")[0], 16)
            await reader.readexactly(size + 2)
            if size == 0:
                return
    length = int(headers.get("content-length", 0))
    if length:
        await reader.readexactly(length)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` (0..1) of them lie; nan for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
