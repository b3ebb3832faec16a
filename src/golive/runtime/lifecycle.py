"""`golive up` and `golive down`: start everything, wait until it answers, end everything and leave nothing behind."""

import getpass
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO
from urllib.parse import urlsplit

import django
from django.core.management import call_command
from django.db import OperationalError, ProgrammingError

from golive.adapters.envoy import EnvoyRouter
from golive.adapters.keeper import Keepers
from golive.kernel.config import Settings
from golive.kernel.files import replace_file
from golive.kernel.problems import Conflict, Problem
from golive.runtime.addresses import store_addresses
from golive.runtime.parts import CONTROL, EDGE, ENGINE, STORE, environment
from golive.runtime.processes.supervisor import hold_lock, name_holder, running, stop_everything
from golive.ship.replicas.ports import NoSuchProcess
from golive.ship.traffic.domain import REPLACE, Site, Tls, who_has
from golive.ship.traffic.ports import EdgeRefused

if TYPE_CHECKING:  # models can only be imported once Django is up
    from golive.kernel.access.models import Person

Say = Callable[[str], None]
READY_LIMIT = 60.0  # seconds until a part must answer
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # golive's own parts are on this machine
STOP_LIMIT = 60.0  # seconds until everything must be gone


class AlreadyRunning(Conflict):
    """Another golive owns this home directory."""

    slug = "already-running"
    title = "golive is running here already"


class PortTaken(Conflict):
    """A port that golive needs for itself belongs to somebody else."""

    slug = "port-taken"
    title = "A port is taken"


class NotStarted(Problem):
    """A part did not come up; the message names its log."""

    slug = "not-started"
    title = "golive did not start"
    status = 503


@dataclass(frozen=True)
class Started:
    """Where the control room is, and how to come in the first time."""

    url: str
    login_url: str
    seconds: float


def up(settings: Settings, say: Say) -> Started:
    """Start golive in its home directory. Raises AlreadyRunning, PortTaken, NotStarted."""
    began = time.monotonic()
    settings.prepare()
    with _alone(settings) as lock:
        _check_ports(settings)
        say("preparing the state database")
        migrate()
        link = _first_admin(settings)
        door, trouble = _door(settings)
        if trouble:
            say(f"note: {trouble}")
        say("starting store, edge, engine and control room")
        _supervise(settings, lock)
    for part, name, is_ready in _parts_ready(settings):
        say(f"waiting for the {name}")
        _wait(settings, name, is_ready, part)
    if door and not trouble:
        say("waiting for the public door")
        _wait(settings, "public door", lambda: _listens(settings.edge_host, door.port))
    _tell_shut(settings, say)
    # A door that stays shut leads nobody in.
    url = f"http://localhost:{settings.port}" if trouble else settings.url
    return Started(url, f"{url}/login/{link}", time.monotonic() - began)


def _alone(settings: Settings) -> TextIO:
    """Return the held lock of this home, for the supervisor. Raises AlreadyRunning."""
    while (lock := hold_lock(settings.run)) is None:
        pid = running(settings.run)
        if pid is not None:  # else somebody only looked at it
            _renew_token(settings)
            raise AlreadyRunning(
                f"golive is running in {settings.home} already, or being started (process {pid}).",
                hint="`golive status` shows it, `golive down` ends it; GOLIVE_HOME=… starts another one elsewhere.",
            )
    return lock


def _supervise(settings: Settings, lock: TextIO) -> None:
    """Start the supervisor, which holds the lock from then on: at no moment nobody does."""
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "golive.runtime.processes.supervisor", str(lock.fileno())],
        env=environment(settings),
        cwd=settings.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(settings.logs / "supervisor.log").open("ab"),
        start_new_session=True,
        pass_fds=(lock.fileno(),),
    )
    name_holder(lock, supervisor.pid)


def down(settings: Settings, say: Say) -> int:
    """End every process of this home; returns how many there were. Safe to call again."""
    if not settings.run.exists():
        return 0
    keepers = Keepers(settings.run, settings.logs)
    count = sum(state.alive for state in keepers.list())
    pid = running(settings.run)
    if pid is not None and pid > 0:
        say("stopping")
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + STOP_LIMIT
        while running(settings.run) is not None and time.monotonic() < end:
            _pause()
        count += 1
    # What the supervisor could not stop, or what was left when it had been killed.
    stop_everything(keepers)
    return count


def migrate() -> None:
    """Bring the state database to the present schema. Raises NotStarted."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "golive.runtime.settings")
    django.setup()
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        raise NotStarted(
            f"The state database does not answer: {error}".strip(),
            hint="Does the PostgreSQL of GOLIVE_DATABASE_URL run? With SQLite: does the disk have room, does another program hold the file?",
        ) from error


def _check_ports(settings: Settings) -> None:
    """Refuse ports of golive itself that others took.

    A part that outlived its supervisor has its port rightly and is taken over.
    """
    alive = {state.id for state in Keepers(settings.run, settings.logs).list() if state.alive}
    status_port = settings.status_port or settings.edge_port - 1
    wanted = (
        (CONTROL, "GOLIVE_PORT", "control room", settings.host, settings.port),
        (EDGE, "GOLIVE_STATUS_PORT", "status page", settings.edge_host, status_port),
        *_public_door(settings),
    )
    if status_port == settings.port:
        raise PortTaken(
            f"Port {settings.port} is asked for twice: by the control room and by the status page.",
            hint="Set GOLIVE_STATUS_PORT; without it the status page is one below GOLIVE_EDGE_PORT.",
        )
    for part, variable, what, host, port in wanted:
        if part in alive:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PortTaken(
                    f"The {what} cannot have {host}:{port}: {error.strerror}.",
                    hint=f"Set {variable} to a free port, or end what listens there.",
                ) from error


def _tell_shut(settings: Settings, say: Say) -> None:
    """Say which sites cannot have their port. They are no reason to refuse: the other ones must be served."""
    router = EnvoyRouter(settings.edge, host=settings.edge_host)
    for port in sorted(router.shut_ports()):
        cut_off = " and ".join(site.id for site in router.current().sites if site.port == port) or "what is there"
        say(
            f"note: another program has port {port}, so nobody reaches {cut_off}: {who_has(port)}; "
            "once that has ended it is served within seconds"
        )


def _public_door(settings: Settings) -> tuple[tuple[str, str, str, str, int], ...]:
    """Return the port of the public door, when there is one, as `_check_ports` wants it."""
    door, _ = _door(settings)
    return ((EDGE, "GOLIVE_PUBLIC_URL", "public door", settings.edge_host, door.port),) if door else ()


def _door(settings: Settings) -> tuple[Site | None, str]:
    """Return the public door, None when none is asked for, and why its certificate cannot serve, "" when it can."""
    public = urlsplit(settings.public_url)
    if public.scheme != "https" or not (settings.public_certificate and settings.public_key):
        return None, ""
    tls = Tls(settings.public_certificate, settings.public_key)
    door = Site("golive", public.port or 443, domains=((public.hostname or "").lower(),), tls=tls)
    try:
        EnvoyRouter(settings.edge, host=settings.edge_host).check(door)
    except EdgeRefused as refusal:
        return door, f"{refusal.detail} {REPLACE}"
    return door, ""


def _first_admin(settings: Settings) -> str:
    """Make sure that someone can log in and that this machine has a token; returns a one-time link's secret."""
    from golive.kernel.access import operations
    from golive.kernel.access.models import Person
    from golive.kernel.access.roles import GOLIVE, Role

    admin = Person.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk").first()
    if admin is None:
        name = _login_name()
        admin = operations.create_person(by=GOLIVE, email=f"{name}@localhost.local", name=name, role=Role.ADMIN)
    _machine_token(settings, admin)
    return operations.create_login_link(by=GOLIVE, person=admin)


def _login_name() -> str:
    """Return the user's name as the part of an address before the @; "admin" for a user without a name."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):
        name = ""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "admin"


def _machine_token(settings: Settings, admin: "Person") -> None:
    """See to it that the command line on this machine has a token that holds: revoked, or half written, there is a new one."""
    from golive.kernel.access import operations
    from golive.kernel.access.roles import GOLIVE, Unauthenticated

    path = settings.home / "token"
    try:
        operations.person_of_token(path.read_text().strip())
    except (FileNotFoundError, Unauthenticated):
        _, secret = operations.create_token(by=GOLIVE, person=admin, name="command line on this machine")
        replace_file(path, secret)


def _renew_token(settings: Settings) -> None:
    """Do so for a golive that runs; nothing while it starts for the first time, or while its database is away."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "golive.runtime.settings")
    django.setup()
    from golive.kernel.access.models import Person
    from golive.kernel.access.roles import Role

    with suppress(OperationalError, ProgrammingError):
        admin = Person.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk").first()
        if admin:
            _machine_token(settings, admin)


def _parts_ready(settings: Settings) -> Iterator[tuple[str, str, Callable[[], bool]]]:
    store = store_addresses(settings)["sql_url"]
    yield STORE, "store", lambda: _answers(f"{store}/ping")
    yield EDGE, "edge", EnvoyRouter(settings.edge, host=settings.edge_host).ready
    yield CONTROL, "control room", lambda: _answers(f"http://{settings.host}:{settings.port}/api/ready")
    yield ENGINE, "engine", lambda: _fresh(settings)


def _wait(settings: Settings, name: str, is_ready: Callable[[], bool], part: str = "") -> None:
    keepers, end = Keepers(settings.run, settings.logs), time.monotonic() + READY_LIMIT
    while not is_ready():
        crashing = _crashes(keepers, part)
        if crashing or time.monotonic() > end:
            raise NotStarted(
                f"The {name} {crashing or f'did not answer within {READY_LIMIT:.0f} s.'}{_last_words(settings, part)}",
                hint=f"Look into {settings.logs / part}, then run `golive down` and `golive up` again.",
            )
        _pause()


def _crashes(keepers: Keepers, part: str) -> str:
    with suppress(NoSuchProcess):
        state = keepers.state(part)
        return f"ends whenever it is started ({state.last_end})." if state.crash_looping else ""
    return ""


def _last_words(settings: Settings, part: str) -> str:
    """Return the last line that a part wrote, which says why more often than not."""
    with suppress(OSError):
        said = (settings.logs / part / "out.log").read_text(errors="replace").strip()
        return f" It said last: {said.splitlines()[-1][:300]}" if said else ""
    return ""


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1" if host == "0.0.0.0" else host, port)) == 0  # noqa: S104  compared, not bound


def _answers(url: str) -> bool:
    try:
        with _DIRECT.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _fresh(settings: Settings) -> bool:
    heartbeat = settings.run / "engine.heartbeat"
    return heartbeat.exists() and time.time() - heartbeat.stat().st_mtime < 3


def _pause() -> None:
    time.sleep(0.05)
