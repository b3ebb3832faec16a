"""``python -m bench --database postgresql --json figures.json``: every figure beside its limit.

Latencies in milliseconds from the moment a call was due, on a large world (200 stalls, 20,000 products, 200,000
orders), one server, everything on this machine. Exit status 1 when a limit is missed.
"""

import argparse
import asyncio
import json
import platform
import signal
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

from shoppers.crowd import Crowd
from shoppers.figures import Figures
from shoppers.journey import CATEGORIES, WORDS, Habits

from bench.load import Call, follow, hold
from bench.stand import Stand

MOST = 2000.0  # calls a second; one client process begins no more
LIMITS = {"list": 200, "read": 150, "write": 250, "analytics": 300, "search": 250}


def main() -> int:
    options = _options()
    # Ended from outside it still ends what it began.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    stand = Stand(options.database, orders=options.orders, size=options.size)
    try:
        report = asyncio.run(_measure(stand, options))
    finally:
        stand.close()
    report |= {"database": options.database, "machine": platform.processor() or platform.machine()}
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    print(
        f"{report['database']}, {options.orders} orders, {options.rate:g} calls/s, {report['machine']}"
    )
    missed = [row for row in report["rows"] if not row["held"]]
    for row in report["rows"]:
        word = "held" if row["held"] else "MISSED"
        print(
            f"{row['what']:<34} {row['value']:>9} {row['unit']:<3} limit {row['limit']:>6}  {word}"
        )
    return int(bool(missed))


async def _measure(stand: Stand, options: argparse.Namespace) -> dict[str, Any]:
    url, facts = stand.serve(), stand.facts
    farmers, slugs = facts["farmers"], facts["slugs"]

    def listed(random: Random) -> tuple[str, str, dict[str, Any]]:
        sort = random.choice(("name", "price", "-price", "newest"))
        return "GET", f"/api/products?category={random.choice(CATEGORIES)}&sort={sort}", {}

    def read(random: Random) -> tuple[str, str, dict[str, Any]]:
        return "GET", f"/api/products/{random.choice(slugs)}", {}

    def searched(random: Random) -> tuple[str, str, dict[str, Any]]:
        return "GET", f"/api/products/search?q={random.choice((*WORDS, 'carots', 'sourdouh'))}", {}

    def written(random: Random) -> tuple[str, str, dict[str, Any]]:
        farmer = random.choice(farmers)
        headers = {"Authorization": f"Bearer {farmer['token']}"}
        path = f"/api/products/{farmer['slug']}/inventory"
        return "POST", path, {"json": {"by": 1}, "headers": headers}

    def analysed(random: Random) -> tuple[str, str, dict[str, Any]]:
        cookie = f"market_session={random.choice(farmers)['session']}"
        return "GET", "/farm", {"headers": {"Cookie": cookie}}

    calls = {
        "list": listed, "read": read, "write": written, "analytics": analysed, "search": searched,
    }  # fmt: skip
    rows, details = [], {}
    for name, call in calls.items():
        rate = options.rate if name != "analytics" else options.rate / 4
        await hold(url, call, rate=rate, seconds=3, seed=7)
        result = (await hold(url, call, rate=rate, seconds=options.seconds)).report()
        _say(name, result)
        details[name] = {**result, "rate": rate}
        rows += [_row(f"{name} p95 at {rate:g}/s", result["p95"], "ms", LIMITS[name])]
        rows += [_row(f"{name} failed", result["failed"], "", 0)]
        details[name]["held_at"] = (
            await _most(url, call, rate, LIMITS[name]) if options.most else None
        )
    updates, seen = await follow(
        url, facts["orders"], facts["boss"], rate=10, seconds=options.seconds
    )
    details["updates"], details["seen"] = updates.report(), seen.report()
    _say("status updates", details["updates"])
    rows += [_row("status update p95, 500 trackers", details["updates"]["p95"], "ms", 100)]
    rows += [_row("change seen p99, 500 trackers", details["seen"].get("p99", 1e9), "ms", 1000)]
    rows += [_row("changes that were not seen", seen.failed + updates.failed, "", 0)]
    return {"rows": rows + await _crowd(url, options, details), "details": details}


async def _most(url: str, call: Call, rate: float, limit: float) -> float:
    """The highest of the rates 1.5 times apart, from ``rate`` on, that holds the limit with no failure for 10 s."""
    held = 0.0
    while rate < MOST:
        result = (await hold(url, call, rate=rate, seconds=10)).report()
        if result["failed"] or result["p95"] > limit:
            break
        held, rate = rate, rate * 1.5
    print(f"{time.strftime('%H:%M:%S')} held at {held:g}/s", file=sys.stderr, flush=True)
    return round(held, 1)


async def _crowd(url: str, options: argparse.Namespace, details: dict[str, Any]) -> list[Any]:
    figures = Figures(time.time())
    crowd = Crowd(
        url=url, rate=options.shop_rate, clients=1000, seed=1, habits=Habits(), figures=figures
    )
    await crowd.run(seconds=options.shop_seconds, stop=asyncio.Event())
    report = figures.report()
    details["shoppers"] = {key: report[key] for key in ("requests", "failed", "orders", "routes")}
    p95 = report["latency_ms"]["p95"]  # type: ignore[index]
    share = round(100 * len(figures.failures) / max(1, figures.requests), 3)
    think = round(1000 / options.shop_rate)
    return [
        _row(f"1000 shoppers, {think} s between pages, p95", p95, "ms", 500),
        _row("1000 shoppers, failed", share, "%", 0.1),
    ]


def _say(what: str, result: dict[str, Any]) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}: {result}", file=sys.stderr, flush=True)


def _row(what: str, value: float, unit: str, limit: float) -> dict[str, Any]:
    return {"what": what, "value": value, "unit": unit, "limit": limit, "held": value <= limit}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--size", choices=("small", "large"), default="large")
    parser.add_argument("--orders", type=int, default=200_000, help="past orders in the world")
    parser.add_argument("--rate", type=float, default=20.0, help="calls a second of each class")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each class")
    parser.add_argument(
        "--most",
        action="store_true",
        help="also find the highest rate of each class that holds its limit",
    )
    parser.add_argument("--shop-rate", type=float, default=40.0, help="pages a second of shoppers")
    parser.add_argument("--shop-seconds", type=float, default=60.0)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
