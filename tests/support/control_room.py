"""A real control room on a free port, with a home of its own and one admin, for a real browser."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support import wait_for
from tools.lab import free_port

ROOT = Path(__file__).parents[2]
SETUP = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from golive.kernel.access import operations
from golive.kernel.access.roles import GOLIVE, Role
for name, role in (("Priya Raman", Role.ADMIN), ("Jonas Weber", Role.OPERATOR), ("Ana Ruiz", Role.APPROVER)):
    email = name.split()[0].lower() + "@example.org"
    person = operations.create_person(by=GOLIVE, email=email, name=name, role=role, password=None)
    if role is Role.ADMIN:
        operations.create_token(by=person.actor, person=person, name="CI of farmersmarket")
        print(operations.create_login_link(by=GOLIVE, person=person))
"""


@dataclass
class ControlRoom:
    """A process that serves pages; `cookie` is the session of an admin."""

    port: int
    environment: dict[str, str]
    cookie: str = ""
    server: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        arguments = ["golive.runtime.asgi:application", "--port", str(self.port), "--log-level", "warning"]
        self.server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", *arguments, "--timeout-graceful-shutdown", "1"],
            env=self.environment,
            cwd=ROOT,
        )
        wait_for(lambda: _answers(self.url), seconds=90, what="the control room answering")

    def stop(self) -> None:
        if self.server:
            self.server.terminate()
            self.server.wait(10)

    def happen(self, code: str) -> str:
        """Run code beside it, in a process of its own with the same home; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            check=False,
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()


@contextmanager
def control_room(home: Path, *, urls: str = "tests.support.sample_pages") -> Iterator[ControlRoom]:
    """Start it with the sample pages beside the real ones; ends with its process."""
    environment = os.environ | {
        "GOLIVE_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "tests.support.control_room_settings",
        "GOLIVE_SAMPLE_URLS": urls,
        "GOLIVE_DEBUG": os.environ.get("GOLIVE_DEBUG", "0"),
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}:{ROOT / 'packages/golive-app/src'}",
    }
    room = ControlRoom(free_port(), environment)
    secret = room.happen(SETUP).splitlines()[-1]
    try:
        room.start()
        room.cookie = _log_in(room.url, secret)
        yield room
    finally:
        room.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/login").status_code == 200
    except httpx.TransportError:
        return False


def _log_in(url: str, secret: str) -> str:
    with httpx.Client(base_url=url) as browser:
        browser.get(f"/login/{secret}")
        answer = browser.post(
            f"/login/{secret}",
            data={"csrfmiddlewaretoken": browser.cookies["golive_csrf"]},
            headers={"Origin": url},
        )
        assert answer.status_code == 302, answer.text
        return str(browser.cookies["golive_session"])
