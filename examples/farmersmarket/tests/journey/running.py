"""Real servers on a database file of their own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
NO_KEEPALIVE = httpx.Limits(max_keepalive_connections=0)
PASSWORD = "only-for-this-test"


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "the condition did not come true in time"
        threading.Event().wait(0.02)


def browser_path() -> str | None:
    """The path of a Chromium, None where there is none."""
    return (
        os.environ.get("GOLIVE_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
        or shutil.which("google-chrome-stable")
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Market:
    """Processes of one market that share its database."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        paths = [
            str(ROOT),
            str(ROOT / "vendor/golive-app/src"),
            str(ROOT.parent.parent / "packages/golive-app/src"),
        ]
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(paths),
            "DATABASE_PATH": str(folder / "db.sqlite3"),
            "DATABASE_URL": database_url,
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        """Migrates and fills the database."""
        self.manage("migrate", "-v0")
        self.manage("sample_world", SAMPLE_PASSWORD=PASSWORD)

    def manage(self, *words: str, **environment: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment | environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def run(self, code: str) -> str:
        """What ``code`` prints in the market's shell."""
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self._environment | environment
        )
        self._running.append(process)
        return process

    def replica(self, **environment: str) -> tuple[str, subprocess.Popen[bytes]]:
        port = free_port()
        process = self.start("-m", "farmersmarket.serve", PORT=str(port), **environment)
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: _ready(url))
        return url, process

    def end(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running:
            process.wait(20)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/ready", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


Ask = Callable[[Callable[[], httpx.Response]], httpx.Response]


class Shopper:
    """A browser that orders the first product of the list; ``ask`` decides how often it asks for each page.

    ``behind`` is the address that a proxy on this machine names for it.
    """

    def __init__(self, url: str, ask: Ask = lambda act: act(), behind: str = "") -> None:
        headers = {"X-Forwarded-For": behind} if behind else {}
        self._shop = httpx.Client(
            base_url=url, trust_env=False, timeout=60, limits=NO_KEEPALIVE, headers=headers
        )
        self._ask = ask

    def fill(self) -> dict[str, str]:
        """Puts two pieces into the cart and returns the filled checkout form."""
        product = _found(r'href="(/products/[^"?]+)"', self._get("/products"))
        page = self._get(product)
        form = {
            "csrfmiddlewaretoken": _value("csrfmiddlewaretoken", page),
            "product": _value("product", page),
        }
        wish = form | {"quantity": "2", "add": "1"}
        self._ask(lambda: self._shop.post("/cart/change", data=wish))
        page = self._get("/checkout")
        hidden = {
            name: _value(name, page)
            for name in ("csrfmiddlewaretoken", "checkout_key", "pickup_at")
        }
        return hidden | {"name": "Ada", "email": "ada@example.org"}

    def submit(self, form: dict[str, str]) -> httpx.Response:
        return self._ask(lambda: self._shop.post("/checkout", data=form))

    def _get(self, path: str) -> str:
        return self._ask(lambda: self._shop.get(path)).text

    def order(self) -> str:
        """Orders and returns the order's id."""
        answer = self.submit(self.fill())
        assert answer.status_code == 302, answer.text
        return _found(r"/orders/(\w+)/track", answer.headers["location"])

    def close(self) -> None:
        self._shop.close()


def _value(name: str, page: str) -> str:
    return _found(rf'name="{name}" value="([^"]+)', page)


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, text
    return match[1]
