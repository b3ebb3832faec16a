"""How soon each page of the control room begins to answer: median first byte of every address that answers GET.

    python -m bench.pages [--rounds 15] [--json FILE]

A golive of its own with one service that serves; the addresses come from the control room itself, so none is left out.
Addresses that only take POST are named, not measured. Aim: 200 ms on an idle machine.
"""

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import httpx
from django.urls import URLPattern

from bench.machine import banner, machine
from bench.stand import Stand, end_cleanly
from tools.lab import Lab

AIM_MS = 200.0
STREAMS = {"api/v1/events/stream", "login/<str:secret>"}  # never end, or work once


def addresses(facts: Mapping[str, str]) -> Iterator[str]:
    """Yield each address of the control room with its gaps filled from `facts`; those without facts stay out."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "golive.runtime.settings")
    django.setup()
    from golive.runtime.urls import urlpatterns

    for one in urlpatterns:
        if not isinstance(one, URLPattern) or str(one.pattern) in STREAMS:
            continue
        path = "/" + str(one.pattern)
        for gap, value in facts.items():
            path = path.replace(gap, value)
        if "<" not in path:
            yield path


def first_byte(netloc: str, path: str, cookie: str) -> tuple[int, float]:
    """Return the status and the milliseconds until the first byte of the answer, over a connection that is open already."""
    connection = http.client.HTTPConnection(netloc, timeout=60)
    connection.connect()
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": f"golive_session={cookie}"})
    answer = connection.getresponse()
    took = (time.perf_counter() - began) * 1000
    answer.read()
    connection.close()
    return answer.status, took


def log_in(login_url: str) -> str:
    """Use the one-time link; returns the session."""
    place = urlsplit(login_url)
    origin = f"{place.scheme}://{place.netloc}"
    with httpx.Client(base_url=origin, timeout=60) as browser:
        browser.get(place.path)
        token = browser.cookies["golive_csrf"]
        browser.post(place.path, data={"csrfmiddlewaretoken": token}, headers={"Origin": origin})
        return str(browser.cookies["golive_session"])


def measure(url: str, cookie: str, facts: Mapping[str, str], rounds: int) -> list[dict[str, Any]]:
    """Return path, status and median ms of each address, the slowest first."""
    netloc, rows = urlsplit(url).netloc, []
    for path in addresses(facts):
        answers = [first_byte(netloc, path, cookie) for _ in range(rounds)]
        rows.append(
            {"path": path, "status": answers[0][0], "ms": statistics.median(ms for _, ms in answers[1:] or answers)}
        )
    return sorted(rows, key=lambda row: -row["ms"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    end_cleanly()
    with tempfile.TemporaryDirectory(prefix="golive-pages-") as directory:
        lab = Lab(Path(directory) / "lab")
        os.environ["GOLIVE_HOME"] = str(lab.home)
        started = lab.up()
        try:
            stand = Stand(lab, "shop").open()
            facts = {"<str:name>": stand.name, "<str:release_id>": stand.site()["serving_id"]}
            with stand.users(rate=5.0):
                rows = measure(started["url"], log_in(started["login_url"]), facts, arguments.rounds)
        finally:
            lab.down()
    print(banner("first byte of each page"))
    pages = [row for row in rows if row["status"] != 405]
    for row in pages:
        mark = "" if row["ms"] < AIM_MS else f"  over the aim of {AIM_MS:.0f} ms"
        print(f"  {row['ms']:7.1f} ms  {row['status']}  {row['path']}{mark}")
    print(f"  only POST, not measured: {len(rows) - len(pages)}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), "pages": rows}, indent=2))
    return int(any(row["ms"] >= AIM_MS for row in pages))


if __name__ == "__main__":
    sys.exit(main())
