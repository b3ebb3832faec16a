"""The recipe for Node does what it says: its code is taken from the page and run."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import Served, free_port, wait_for

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "node.md"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None or not PAGE.exists(), reason="needs node and golive's docs")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, code in re.findall(r"```js (\S+)\n(.*?)```", PAGE.read_text(), re.DOTALL):
        (tmp_path / name).write_text(code)
    return tmp_path


@pytest.fixture
def app(folder: Path) -> Iterator[Served]:
    yield from _run(folder, {})


def _run(folder: Path, environment: dict[str, str]) -> Iterator[Served]:
    port = free_port()
    served = Served([str(NODE), "server.mjs"], port, {"PORT": str(port), **environment}, folder)
    try:
        wait_for(served.listens)
        yield served
    finally:
        served.stop()


def test_health_readiness_routes_logs_and_a_clean_end(app: Served) -> None:
    health = app.get("/api/health")
    assert (health.status, health.json()["status"]) == (200, "healthy")
    assert {"database", "redis", "memory"} <= set(health.json()["checks"])
    assert app.get("/api/ready").json()["status"] == "ready"
    assert app.get("/things/7").headers["x-golive-route"] == "/things/{id}"
    broken = app.get("/things/boom")
    assert (broken.status, broken.headers["x-golive-route"]) == (500, "/things/{id}")
    assert app.stop() == 0
    assert app.log("thing_shown")["thing"] == "7"
    assert "a thing broke" in app.log("request_failed")["exception"]


def test_a_dependency_that_is_down(folder: Path) -> None:
    for app in _run(folder, {"DATABASE_DOWN": "1"}):
        assert app.get("/api/ready").status == 503
        assert app.get("/api/health").json()["checks"]["database"]["detail"] == "connection refused"
