"""How fast a changed split reaches visitors: `python -m bench.edge_switch [rounds]`.

One Envoy, two releases of a small application on this machine, one client that asks without a pause.
Printed: the time of the call itself, and from its begin to the first answer of the wanted release.
"""

import http.client
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from golive.adapters.envoy import EnvoyRouter, edge_argv
from golive.ship.traffic.domain import Backend, EdgeState, Replica, Site, Split

UPSTREAM = Path(__file__).parents[1] / "tests" / "support" / "upstream.py"
PORT, PORT_A, PORT_B = 28080, 28101, 28201


def until(condition, seconds=15.0):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("gave up waiting")
        time.sleep(0.01)


def answer():
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()
    except OSError:
        return ""
    finally:
        connection.close()


def measure(router, rounds):
    calls, first = [], []
    for turn in range(rounds):
        wanted, share = ("B", 1.0) if turn % 2 == 0 else ("A", 0.0)
        began = time.perf_counter()
        router.set_split("bench/production", Split("B", "A", share))
        calls.append(time.perf_counter() - began)
        while answer() != wanted and time.perf_counter() - began < 5:
            pass
        first.append(time.perf_counter() - began)
    return calls, first


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    started = [
        subprocess.Popen([sys.executable, "-S", str(UPSTREAM), str(port), name])
        for port, name in ((PORT_A, "A"), (PORT_B, "B"))
    ]
    with tempfile.TemporaryDirectory() as home:
        directory = Path(home)
        router = EnvoyRouter(directory)
        backends = tuple(
            Backend(name, (Replica(f"{name}-1", "127.0.0.1", port),)) for name, port in (("A", PORT_A), ("B", PORT_B))
        )
        site = Site("bench/production", PORT, backends, Split("B", "A", 0.0))
        router.apply(EdgeState((site,)))
        began = time.perf_counter()
        started.append(subprocess.Popen(edge_argv(directory), cwd=directory))
        try:
            until(lambda: answer() == "A")
            serving = time.perf_counter() - began
            calls, first = measure(router, rounds)
        finally:
            for process in started:
                process.kill()
                process.wait()
    print(f"start of the edge to its first answer   {serving * 1e3:8.1f} ms")
    for name, values in (("set_split call", calls), ("to the first wanted answer", first)):
        print(
            f"{name:38}  {statistics.median(values) * 1e3:8.1f} ms median"
            f"  {max(values) * 1e3:8.1f} ms max  ({rounds} rounds)"
        )


if __name__ == "__main__":
    main()
