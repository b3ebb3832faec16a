"""The market in real processes: live tracking across replicas, a clean end, mail, a day's traffic."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from running import ROOT, Market, Shopper, free_port, wait_for


def test_a_change_on_one_replica_is_seen_live_on_another(market: Market) -> None:
    (first, serving), (second, _) = market.replica(), market.replica()
    order = Shopper(first).order()
    seen: list[str] = []
    ended = threading.Event()

    def watch() -> None:
        with httpx.stream("GET", f"{first}/live/{order}", timeout=30, trust_env=False) as stream:
            lines = (line for line in stream.iter_lines() if line.startswith("data: "))
            seen.extend(json.loads(line[6:])["status"] for line in lines)
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    wait_for(lambda: seen == ["PENDING"])
    address, body = f"{second}/api/orders/{order}/status", {"status": "CANCELLED"}
    httpx.put(address, json=body, trust_env=False, timeout=60).raise_for_status()
    wait_for(lambda: seen == ["PENDING", "CANCELLED"])
    serving.send_signal(signal.SIGTERM)
    assert serving.wait(10) == 0
    assert ended.wait(5), "a live stream ends well when its replica is told to stop"


def test_the_worker_sends_what_is_owed(market: Market, tmp_path: Path) -> None:
    url, _ = market.replica()
    port = free_port()
    controller = Controller(Mailbox(str(tmp_path / "mail")), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        order = Shopper(url).order()
        market.start("manage.py", "deliver", EMAIL_HOST="127.0.0.1", EMAIL_PORT=str(port))
        mails = tmp_path / "mail" / "new"
        track = f"/orders/{order}/track"  # the customer's; the farmer is told, too
        wait_for(
            lambda: any(track in one.read_text().replace("=\n", "") for one in mails.iterdir())
        )
    finally:
        controller.stop()


def test_shoppers_have_a_good_day(market: Market, tmp_path: Path) -> None:
    url, _ = market.replica(ORDERS_OF_CUSTOMER="1", ORDERS_OF_NETWORK="1")
    figures = tmp_path / "figures.json"
    command = [
        sys.executable,
        "-m",
        "shoppers",
        "--url",
        url,
        "--rate",
        "40",
        "--clients",
        "10",
        "--seconds",
        "8",
        "--json",
        str(figures),
    ]
    subprocess.run(command, cwd=ROOT, check=True)
    day = json.loads(figures.read_text())
    assert day["failed"] == 0
    assert day["orders"] > 1, "limits of visitors count no shopper of this machine"
    assert "429" not in day["routes"]["/checkout POST"]["answers"]
    assert {"/products", "/cart/change", "/checkout POST"} <= set(day["routes"])


def test_visitors_of_a_proxy_are_counted_one_by_one(on_sqlite: Market) -> None:
    url, _ = on_sqlite.replica(ORDERS_OF_NETWORK="1")
    visitors = ("203.0.113.7", "198.51.100.20", "203.0.113.7", "6.6.6.6, 203.0.113.7")
    answers = []
    for visitor in visitors:
        shopper = Shopper(url, behind=visitor)
        answers.append(shopper.submit(shopper.fill()).status_code)
        shopper.close()
    assert answers == [302, 302, 429, 429], "what a visitor writes before it helps nobody"


def test_shoppers_stop_when_told_and_keep_their_figures(market: Market, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [
        "-m",
        "shoppers",
        "--url",
        "http://127.0.0.1:9",
        "--rate",
        "50",
        "--clients",
        "5",
        "--seconds",
        "600",
        "--json",
        str(figures),
        "--progress",
    ]
    crowd = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert crowd.stderr
    with crowd.stderr:
        crowd.stderr.readline()
        crowd.send_signal(signal.SIGTERM)
        assert crowd.wait(20) == 0
    day = json.loads(figures.read_text())
    assert day["failed"] == day["requests"] > 0
    assert day["failures"][0]["error"] == "ConnectError"
