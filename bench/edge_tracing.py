"""What traces cost at the edge: `python -m bench.edge_tracing [--rate 1000] [--seconds 10] [--rounds 3]`.

One Envoy, one small application, a real store, and visitors at a fixed rate. In turns: no collector, every trace
recorded, every trace recorded while the store is dead. Printed: the edge's own CPU time as a share of one core (median
of the rounds), the store's, the latency of the visitors, and how many requests failed.
"""

import argparse
import asyncio
import multiprocessing
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.edge_switch import until
from bench.machine import banner
from golive.adapters.envoy import EnvoyRouter, edge_argv
from golive.ship.traffic.domain import Backend, Collector, EdgeState, Replica, Site, Split
from tests.contract.edge.conftest import listening
from tests.support.store import StoreProcess
from tools.lab import free_port

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
WAYS = ("no traces", "every trace", "store is dead")


@dataclass
class Figures:
    """Per round: CPU shares of one core, latency in ms, and counts over all rounds."""

    edge: list[float] = field(default_factory=list)
    store: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    requests: int = 0
    failed: int = 0


class _Application(asyncio.Protocol):
    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        self._transport.write(ANSWER * data.count(b"\r\n\r\n"))


class _Visitor(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, idle, times):
        self._idle, self._times = idle, times

    def connection_made(self, transport):
        self._transport = transport
        self._idle.append(self)

    def ask(self, path):
        self._sent = time.perf_counter()
        self._transport.write(f"GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n".encode())

    def data_received(self, data):
        # An answer is a few hundred bytes and arrives whole.
        self._times.append((time.perf_counter() - self._sent) * 1e3)
        self._times.failed += not data.startswith(b"HTTP/1.1 200")
        self._idle.append(self)


class _Times(list):
    failed = 0


async def visit(port: int, rate: float, seconds: float) -> _Times:
    """Ask `rate` times a second over 100 connections, in ticks of 5 ms; what finds none free is not sent."""
    loop, idle, times = asyncio.get_running_loop(), [], _Times()
    for _ in range(100):
        await loop.create_connection(lambda: _Visitor(idle, times), "127.0.0.1", port)
    began, sent = loop.time(), 0
    while (passed := loop.time() - began) < seconds:
        for number in range(sent, int(passed * rate)):
            if idle:
                idle.pop(0).ask(f"/orders/{number}")
        sent = int(passed * rate)
        await asyncio.sleep(0.005)
    return times


def serve_application(port: int) -> None:
    """Answer "ok" until ended."""

    async def serve():
        server = await asyncio.get_running_loop().create_server(_Application, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


def cpu(pid: int | None) -> float:
    return sum(psutil.Process(pid).cpu_times()[:2]) if pid else 0.0


def measure(figures: Figures, port: int, edge: int, store: int | None, args) -> None:
    before = cpu(edge), cpu(store)
    times = asyncio.run(visit(port, args.rate, args.seconds))
    # A busy machine answers less than was asked: count by answers, and say it for the rate asked for.
    per_second = args.rate / len(times)
    figures.edge.append((cpu(edge) - before[0]) * per_second)
    figures.store.append((cpu(store) - before[1]) * per_second)
    figures.p50.append(statistics.median(times))
    figures.p99.append(sorted(times)[len(times) * 99 // 100])
    figures.requests += len(times)
    figures.failed += times.failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    print(banner(f"Traces at the edge, {args.rate:.0f} requests a second"))
    found = {way: Figures() for way in WAYS}
    replica = Replica("a-1", "127.0.0.1", free_port())
    app = multiprocessing.Process(target=serve_application, args=(replica.port,), daemon=True)
    app.start()
    with tempfile.TemporaryDirectory() as home:
        store = StoreProcess(Path(home) / "store").start()
        directory, port = Path(home) / "edge", free_port()
        router = EnvoyRouter(directory)
        site = Site("bench/production", port, (Backend("A", (replica,)),), Split.only("A"))
        collector = Collector(store.otlp_port, str(store.directory / "token"))
        plain, traced = EdgeState((site,)), EdgeState((site,), collector=collector)
        router.apply(plain)
        edge = subprocess.Popen(edge_argv(directory), cwd=directory)
        try:
            until(lambda: router.ready() and listening(port))
            for way in (*WAYS[:2] * args.rounds, *WAYS[2:] * args.rounds):
                if way == WAYS[2] and store.process.poll() is None:
                    store.kill()
                alive = store.process.pid if store.process.poll() is None else None
                router.apply(plain if way == WAYS[0] else traced)
                measure(found[way], port, edge.pid, alive, args)
        finally:
            edge.send_signal(signal.SIGKILL)
            edge.wait()
            store.stop()
            app.terminate()
    print("                 edge   store    p50 ms    p99 ms   failed of requests")
    for way, one in found.items():
        middle = [statistics.median(x) for x in (one.edge, one.store, one.p50, one.p99)]
        print(
            f"{way:15} {middle[0]:6.1%}  {middle[1]:6.1%}  {middle[2]:8.2f}  {middle[3]:8.1f}"
            f"   {one.failed} of {one.requests}"
        )


if __name__ == "__main__":
    sys.exit(main())
