"""Releases under load: failed requests and p99 during against idle, beside peers; also for versions that break.

    python -m bench.releases [--releases 20] [--rate 200] [--json FILE]

Every contender runs the same app under the same open-model load of GET and POST; `failed` counts what users saw: 5xx,
resets, no answer within 10 s. A peer is told to release and has no judge: what it lets through for 15 s is counted.
"""

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import peers
from bench.load import percentile
from bench.machine import banner, machine
from bench.stand import ENDED, SERVING, Stand, Users
from tools.lab import scratch_lab

MIX = [
    (3.0, "GET", lambda c: c.choice(["/", "/products", "/search"])),
    (1.0, "POST", lambda _c: "/checkout"),
]
FAULTS = {"crash at start": {"crash": True}, "hang": {"hang": True}, "all 500": {"fail": 1}}
WATCHED_S = 15.0
UNDONE = ("ROLLED_BACK", "FAILED_BEFORE_TRAFFIC")
STEPS = """replicas = 2
hold_back = 0
steps = [{ share = 10, at_least = "3s", at_most = "6s" }, { share = 50, at_least = "3s", at_most = "6s" }]
"""
LIMIT_S = 300.0


def users(port: int, rate: float) -> Users:
    return Users(port, rate=rate, mix=MIX, timeout_s=10)


def measure(port: int, rate: float, releases: int, release: Callable[[int], None]) -> dict[str, Any]:
    """Idle for 20 s, then `releases` good releases; returns counts and the p99 ratio."""
    with users(port, rate) as seen:
        time.sleep(5)
        start = len(seen.answers)
        time.sleep(20)
        idle = [answer.ms for answer in seen.since(start)]
        start, began = len(seen.answers), time.monotonic()
        for number in range(releases):
            release(number)
        time.sleep(2)
        during, took = seen.since(start), time.monotonic() - began
    return {
        "releases": releases,
        "requests": len(during),
        "failed": sum(answer.failed for answer in during),
        "failed_get": sum(answer.failed and answer.method == "GET" for answer in during),
        "seconds_per_release": round(took / max(releases, 1), 1),
        "p99_idle_ms": round(percentile(idle, 0.99), 1),
        "p99_during_ms": round(percentile([answer.ms for answer in during], 0.99), 1),
        "p99_ratio": round(percentile([a.ms for a in during], 0.99) / max(percentile(idle, 0.99), 0.001), 2),
    }


def fault(port: int, rate: float, release: Callable[[], None]) -> dict[str, Any]:
    """Release a broken version and count what users see for 15 s, or until the release has ended."""
    with users(port, rate) as seen:
        time.sleep(3)
        start, began = len(seen.answers), time.monotonic()
        release()
        left = WATCHED_S - (time.monotonic() - began)
        if left > 0:
            time.sleep(left)
    answers = seen.since(start)
    failed = [answer for answer in answers if answer.failed]
    return {
        "requests": len(answers),
        "failed": len(failed),
        "failed_get": sum(answer.method == "GET" for answer in failed),
    }


def versions(scratch: Path) -> dict[str, Path]:
    """Write the test app in every version that the peers need."""
    found = {}
    for name, behaviour in {"good": {}, "good2": {}, **FAULTS}.items():
        folder = scratch / name.replace(" ", "-")
        folder.mkdir(parents=True)
        for file in ("app.py", "wsgi.py", "node.js"):
            (folder / file).write_bytes((peers.TESTAPP / file).read_bytes())
        (folder / "behaviour.json").write_text(json.dumps({"ms": 3, "version": name, **behaviour}))
        found[name] = folder
    return found


def bench_peer(peer: peers.Peer, apps: dict[str, Path], releases: int, rate: float) -> dict[str, Any]:
    """Run good releases and each fault on one peer."""
    peer.start(apps["good"])
    try:
        row = measure(
            peer.port,
            rate,
            releases,
            lambda n: peer.release(apps["good2" if n % 2 == 0 else "good"]),
        )
        for name in FAULTS:
            row[name] = fault(peer.port, rate, lambda name=name: peer.release(apps[name]))  # type: ignore[misc]
            peer.stop()
            peer.start(apps["good"])
    finally:
        peer.stop()
    return row


def bench_golive(releases: int, rate: float) -> dict[str, Any]:
    """Run the same through golive: gates, build, staging, canary and all."""
    with scratch_lab("golive-releases-") as lab:
        stand = Stand(lab, "app", production=STEPS).open()
        row = measure(stand.port, rate, releases, lambda n: ship(stand, f"v{n + 2}"))
        for name in FAULTS:
            row[name] = fault(stand.port, rate, lambda name=name: ship_bad(stand, name))  # type: ignore[misc]
    return row


def ship(stand: Stand, tag: str) -> None:
    stand.wait(stand.deploy(tag), *SERVING, seconds=LIMIT_S)


def ship_bad(stand: Stand, name: str) -> None:
    """Ship a broken version; a person undoes what golive only held or asks about, so that the next one may come."""
    tag = "bad-" + name.replace(" ", "-")
    release = stand.deploy(tag, **FAULTS[name])
    end = stand.wait(release, *ENDED, seconds=LIMIT_S)
    print(f"  golive: {tag} ended {end['state']}: {end['sentence']}", flush=True)
    if end["state"] not in UNDONE:
        stand.lab.client().post(f"/services/{stand.name}/rollback", {})
        stand.wait(release, *UNDONE, seconds=60)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, default=20)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(banner(f"{arguments.releases} releases under {arguments.rate:.0f} requests/s, GET and POST"))
    rows: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="golive-releases-", ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        apps = versions(scratch / "apps")
        there, missing = peers.installed(scratch)
        contenders: list[tuple[str, Callable[[], dict[str, Any]]]] = [
            ("golive", lambda: bench_golive(arguments.releases, arguments.rate))
        ]
        contenders += [
            (
                peer.name,
                lambda peer=peer: bench_peer(peer, apps, arguments.releases, arguments.rate),
            )
            for peer in there  # type: ignore[misc]
        ]
        for contender, run in contenders:
            if arguments.only and contender not in arguments.only:
                continue
            with contextlib.suppress(KeyboardInterrupt):
                rows[contender] = row = run()
                faults = "  ".join(
                    f"{f}: {row[f]['failed']}/{row[f]['requests']} (GET {row[f]['failed_get']})" for f in FAULTS
                )
                print(
                    f"  {contender:15} failed {row['failed']}/{row['requests']} (GET {row['failed_get']})  p99 {row['p99_idle_ms']} -> "
                    f"{row['p99_during_ms']} ms (x{row['p99_ratio']})  {row['seconds_per_release']} s each   failed when broken: {faults}",
                    flush=True,
                )
    for name in missing:
        print(f"  {name:15} not installed here")
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
