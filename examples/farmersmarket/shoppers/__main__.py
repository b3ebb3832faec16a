"""``python -m shoppers --url http://127.0.0.1:8080 --rate 20 --clients 60 --seconds 300 --json out.json --progress``"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

from shoppers.crowd import Crowd
from shoppers.figures import Figures
from shoppers.journey import Habits


def main() -> int:
    options = _options()
    figures = Figures(time.time())
    asyncio.run(_run(options, figures))
    if options.json:
        draft = options.json.with_name(f".{options.json.name}.{os.getpid()}")
        draft.write_text(
            json.dumps(
                {**figures.report(), "ended_at": round(time.time(), 3), "rate": options.rate}
            )
        )
        draft.replace(options.json)
    print(_line(figures))
    return 0


async def _run(options: argparse.Namespace, figures: Figures) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    crowd = Crowd(
        url=options.url,
        rate=options.rate,
        clients=options.clients,
        seed=options.seed,
        habits=Habits(),
        figures=figures,
    )
    tick = (
        (lambda: print(_line(figures), file=sys.stderr, flush=True)) if options.progress else None
    )
    await crowd.run(seconds=options.seconds, stop=stop, tick=tick)


def _line(figures: Figures) -> str:
    passed = time.time() - figures.started_at
    return f"{passed:6.1f} s  {figures.requests} requests, {len(figures.failures)} failed, {figures.orders} orders"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="shoppers",
        description="Sends a market day's traffic to a Farmers Market on this machine.",
    )
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second in total")
    parser.add_argument(
        "--clients", type=int, default=60, help="shoppers at the same time, each with a cookie jar"
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where the figures are written at the end")
    parser.add_argument("--progress", action="store_true", help="a line a second on standard error")
    options = parser.parse_args()
    if options.rate <= 0 or options.clients < 1 or options.seconds <= 0:
        parser.error("--rate, --clients and --seconds must be above zero")
    return options


if __name__ == "__main__":
    sys.exit(main())
