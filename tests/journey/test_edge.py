"""The edge of a whole running golive without a port, without its files, without an answer: said, and mended by itself."""

import json
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from bench.stand import SERVING, Stand, kill, processes
from tests.support import wait_for
from tools.lab import Lab, scratch_lab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with scratch_lab("golive-edge-") as running:
        yield running


@pytest.fixture(scope="module")
def shop(lab: Lab) -> Stand:
    return Stand(lab, "shop").open()


@pytest.fixture(scope="module")
def blog(lab: Lab) -> Stand:
    return Stand(lab, "blog").open()


def answers(stand: Stand) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{stand.port}/", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def edge_pid(lab: Lab) -> int | None:
    return next((one.pid for one in processes(lab) if one.id == "golive-edge"), None)


def incident(lab: Lab, title: str) -> dict[str, Any]:
    return next((one for one in lab.client().get("/incidents") if one["title"] == title), {})


@contextmanager
def listener(port: int) -> Iterator[None]:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


def test_a_port_that_was_taken_meanwhile_costs_its_site_alone_and_is_told(lab, shop, blog):
    title = "Nobody reaches shop in production"
    lab.down()
    with listener(shop.port):
        said = lab.cli("up").stderr
        assert f"another program has port {shop.port}, so nobody reaches shop/production" in said
        assert answers(blog)
        (site,) = [
            one for one in json.loads(lab.cli("status", "--json").stdout)["sites"] if one["id"] == "shop/production"
        ]
        assert site["sentence"] == f"nobody reaches it: the edge cannot listen on port {shop.port}"
        health = httpx.get(f"http://127.0.0.1:{lab.port}/api/health", timeout=10)
        assert (health.status_code, health.json()["checks"]["ports"]) == (503, "down")
        wait_for(lambda: incident(lab, title), seconds=40, what="an incident")
        assert (incident(lab, title)["severity"], incident(lab, title)["state"]) == ("SEV1", "TRIGGERED")
        release = blog.ship("beside")
        assert release["state"] in SERVING
        lab.client().post(f"/releases/{release['id']}/pull", {"reason": "try"})
        lab.wait_for_state(release["id"], "PULLED", seconds=10)
        assert answers(blog)
    wait_for(lambda: answers(shop), seconds=30, what="the site with its port")
    wait_for(lambda: incident(lab, title)["state"] == "MITIGATED", seconds=60, what="its end")


@pytest.mark.parametrize("alive", [True, False], ids=["alive", "killed"])
def test_an_edge_whose_files_are_deleted_serves_and_hears_again(lab, shop, blog, alive):
    first = edge_pid(lab)
    gone = (lab.home / "edge" / "xds").rename(lab.home / "edge" / "gone")  # at once: golive would write files meanwhile
    shutil.rmtree(gone)
    if not alive:
        kill(first)
    wait_for(lambda: edge_pid(lab) not in (None, first) and answers(shop), seconds=40, what="an edge that hears")
    assert shop.ship(f"files-{alive}".lower())["state"] in SERVING


def test_an_edge_that_does_not_answer_is_told_until_it_does(lab, shop):
    title = "The edge does not answer: nobody reaches any site"
    stopped = edge_pid(lab)
    os.kill(stopped, signal.SIGSTOP)
    try:
        assert "nobody reaches it: the edge does not answer" in lab.cli("status").stdout
        wait_for(lambda: incident(lab, title), seconds=60, what="an incident")
    finally:
        os.kill(stopped, signal.SIGCONT)
    wait_for(lambda: incident(lab, title)["state"] == "MITIGATED", seconds=60, what="its end")


def test_a_state_of_the_edge_that_nobody_can_read_keeps_golive_from_nothing(lab, shop):
    lab.down()
    (lab.home / "edge" / "state.json").write_text('{"sites": [')
    lab.up()
    assert answers(shop)
    assert shop.ship("after-state")["state"] in SERVING
