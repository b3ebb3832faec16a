"""Good releases through the real edge under users: none may be rolled back, pulls are counted.

    python -m bench.aa [--releases 30] [--beds 3] [--only testapp market] [--json FILE]

Each release differs from the one before in nothing that users could notice, but begins with cold caches: the test app
answers slower by up to 150 ms for its first 8 s, the Farmers Market has new processes, connections and caches. The test
app runs as `--beds` services side by side to save time, the market as one service with its own shoppers.
"""

import argparse
import contextlib
import json
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.machine import banner, machine
from bench.stand import ENDED, SERVING, Stand, Users, end_cleanly
from demo.shop import EXAMPLE, Shoppers
from tools.lab import Lab, free_port, git, scratch_lab, until

STEPS = (
    "hold_back = 0\nreplicas = 2\n"
    'steps = [{ share = 10, at_least = "10s", at_most = "20s" }, { share = 50, at_least = "10s", at_most = "20s" }]\n'
)
COLD = {"ms": 20, "cold_ms": 150, "cold_s": 8}
WATCHED_S = 15.0  # with all users on it, before the next one comes
LIMIT_S = 400.0
DECIDED = tuple(state for state in ENDED if state != "HELD")  # a hold ends by itself
_TESTS_GATE = re.compile(r'\[\[gates\]\]\nname = "tests"\n(?:\w+ = .*\n)*')


@dataclass(frozen=True)
class Result:
    """One good release: how it ended, how often it was pulled, seconds until it served everybody."""

    app: str
    state: str
    pulls: int
    seconds: float
    sentence: str


def follow(lab: Lab, app: str, release: str) -> Result:
    """Wait for the end of a release and for some seconds of its watch."""
    began = time.monotonic()
    try:
        lab.wait_for_state(release, *DECIDED, seconds=LIMIT_S)
    except TimeoutError as late:
        print(f"  {app}: {late}", flush=True)
    seconds = time.monotonic() - began
    end = time.monotonic() + WATCHED_S
    with contextlib.suppress(TimeoutError):
        until(lambda: time.monotonic() > end, WATCHED_S + 1)
    found = lab.release(release)
    entries = lab.client().get(f"/releases/{release}/record")["entries"]
    pulls = sum(entry["kind"] == "PULLED" for entry in entries)
    if pulls:
        why = next(entry["facts"]["sentence"] for entry in entries if entry["kind"] == "PULLED")
        print(f"  {app}: {found['version']} was pulled: {why}", flush=True)
    return Result(app, found["state"], pulls, round(seconds, 1), found["sentence"])


def testapp(lab: Lab, releases: int, beds: int) -> list[Result]:
    """Ship good releases of the test app, several services at a time."""

    def one(index: int) -> list[Result]:
        stand = Stand(lab, f"aa{index}", STEPS).open(**COLD)
        with Users(stand.port, rate=20, seed=index) as users:
            until(lambda: len(users.answers) > 600, 120)
            share = releases // beds + (index < releases % beds)
            found = []
            for number in range(share):
                mark = len(users.failed)
                found.append(follow(lab, "testapp", stand.deploy(f"v{number + 2}", **COLD)))
                failed = len(users.failed) - mark
                if failed:
                    print(f"  testapp: {failed} requests failed", flush=True)
        return found

    with ThreadPoolExecutor(beds) as pool:
        return [result for results in pool.map(one, range(beds)) for result in results]


def market(lab: Lab, releases: int, _beds: int) -> list[Result]:
    """Ship good releases of the Farmers Market under its shoppers."""
    port = free_port()
    folder = lab.directory / "market"
    _market_repository(folder, port)
    lab.register(folder)
    lab.wait_for_state(lab.deploy("farmersmarket", "main"), *SERVING, seconds=LIMIT_S)
    shoppers = Shoppers(f"http://127.0.0.1:{port}", lab.directory / "shoppers.json")
    try:
        end = time.monotonic() + 30
        until(lambda: time.monotonic() > end, 31)
        return [follow(lab, "market", lab.deploy("farmersmarket", _next(folder, number))) for number in range(releases)]
    finally:
        told = shoppers.stop()
        print(
            f"  market: the shoppers say {json.dumps({k: v for k, v in told.items() if isinstance(v, int | float)})}",
            flush=True,
        )


def _market_repository(folder: Path, port: int) -> None:
    manifest = (EXAMPLE / "golive.toml").read_text()
    manifest = _TESTS_GATE.sub("", manifest)
    manifest = re.sub(r"approvals = 1\nreplicas = 2\n", f"port = {port}\n{STEPS}", manifest)
    path = folder.with_suffix(".toml")
    path.write_text(manifest)
    subprocess.run(
        [sys.executable, str(EXAMPLE / "make_repository.py"), str(folder), "--manifest", str(path)],
        check=True,
        capture_output=True,
    )


def _next(folder: Path, number: int) -> str:
    with (folder / "README.md").open("a") as file:
        file.write(f"\nRelease {number} changes this line alone.\n")
    git(folder, "commit", "-q", "-a", "-m", f"Change a line, {number}")
    tag = f"aa-{number}"
    git(folder, "tag", tag)
    return tag


def row(app: str, results: list[Result]) -> dict[str, Any]:
    """Return the figures of one app."""
    seconds = [result.seconds for result in results if result.state in SERVING or not result.pulls]
    return {
        "app": app,
        "n": len(results),
        "rolled_back": sum(r.state == "ROLLED_BACK" for r in results),
        "pulled": sum(r.pulls > 0 for r in results),
        "ended": dict(Counter(r.state for r in results)),
        "seconds_per_release": round(statistics.median(seconds), 1) if seconds else None,
    }


APPS: dict[str, Callable[[Lab, int, int], list[Result]]] = {"testapp": testapp, "market": market}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=30)
    parser.add_argument("--beds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=list(APPS), choices=list(APPS))
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    end_cleanly()
    print(banner(f"A/A: {arguments.releases} good releases of each app through the real edge"))
    rows, results = [], []
    for app in arguments.only:
        with scratch_lab("golive-aa-") as lab:
            found = APPS[app](lab, arguments.releases, arguments.beds)
        results += found
        rows.append(row(app, found))
        figures = rows[-1]
        print(
            f"{app:8} n {figures['n']}  rolled back {figures['rolled_back']}  pulled {figures['pulled']}  "
            f"{figures['seconds_per_release']} s each  {figures['ended']}  {'held' if not figures['rolled_back'] else 'MISSED'}",
            flush=True,
        )
    if arguments.json:
        content = {"machine": machine(), "rows": rows, "releases": [asdict(one) for one in results]}
        arguments.json.write_text(json.dumps(content, indent=1))
    return 0 if not any(one["rolled_back"] for one in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
