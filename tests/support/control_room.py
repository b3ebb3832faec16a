"""A real control room on a free port, with a home of its own and one admin, for a real browser."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support import wait_for

ROOT = Path(__file__).parents[2]
SETUP = """
import django; django.setup()
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


@dataclass(frozen=True)
class ControlRoom:
    """`cookie` is the session of an admin."""

    url: str
    cookie: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def control_room(home: Path, *, urls: str = "tests.support.sample_pages") -> Iterator[ControlRoom]:
    """Start it with the sample pages beside the real ones; ends with its process."""
    port = free_port()
    environment = os.environ | {
        "GOLIVE_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "tests.support.control_room_settings",
        "GOLIVE_SAMPLE_URLS": urls,
        "GOLIVE_DEBUG": os.environ.get("GOLIVE_DEBUG", "0"),
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}:{ROOT / 'packages/golive-app/src'}",
    }
    made = subprocess.run(
        [sys.executable, "-c", SETUP],
        check=False,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise RuntimeError(made.stderr)
    secret = made.stdout.strip().splitlines()[-1]
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "golive.runtime.asgi:application",
            "--port",
            str(port),
            "--log-level",
            "warning",
        ],
        env=environment,
        cwd=ROOT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: _answers(url), seconds=90, what="the control room answering")
        yield ControlRoom(url, _log_in(url, secret))
    finally:
        server.terminate()
        server.wait(10)


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
