"""Watches the watchers: `python -m golive.runtime.processes.watchdog CONFIG.json`. One file, standard library only.

While golive's supervisor and engine live and work it calls an external address every ten seconds, so that somebody
elsewhere notices when the whole machine is dead. When they are dead it starts the supervisor again and, when that does not
help in time, says so by its own means to the people on call: once per outage, and once more when golive is back. The means
stand in `<home>/break-glass.json` (0600), which the engine writes anew every 30 s as its work: an engine that lives and
no longer does, since its database is away, pages nobody either.

CONFIG: {"home", "heartbeat_url", "supervisor": [argv], and optionally "alarm_after_s", "work_silence_s",
"heartbeat_every_s"}.
"""

import fcntl
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOOK = 1.0  # seconds between looks
WAIT = 5.0  # seconds for one wait on the network
RESTART_PAUSE = 5.0  # seconds between attempts to start the supervisor
RETRY_ALARM = 30.0  # seconds between attempts to reach anybody
NAME = socket.gethostname()  # said to mail servers; a full name would cost a DNS query that may hang


@dataclass(frozen=True)
class Config:
    """What to watch and whom to call."""

    home: Path
    heartbeat_url: str
    supervisor: tuple[str, ...]
    alarm_after_s: float
    work_silence_s: float
    heartbeat_every_s: float

    @classmethod
    def read(cls, path: Path) -> "Config":
        """Read CONFIG.json."""
        given = json.loads(path.read_text())
        return cls(
            Path(given["home"]),
            given.get("heartbeat_url", ""),
            tuple(given.get("supervisor", ())),
            float(given.get("alarm_after_s", 30.0)),
            # Long, for it is one owner's work at a time: of two engines one may be idle.
            float(given.get("work_silence_s", 600.0)),
            float(given.get("heartbeat_every_s", 10.0)),
        )


class Watchdog:
    """One look at everything is `look()`; `run()` looks once a second until it is stopped."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._run = config.home / "run"
        self._state = self._run / "watchdog.state.json"
        self._beat: int | None = None  # the engine's last seen heartbeat
        self._work: int | None = None  # the last seen trace of its work
        self._alive_at = time.monotonic()  # when everything was last seen alive
        self._engine_at = time.monotonic()
        self._work_at = time.monotonic()
        self._heartbeat_at = -1e9
        self._restarted_at = -1e9
        self._alarmed_at = -1e9
        self._said_back_at = -1e9
        self._told = bool(_read(self._state).get("told"))
        self._child: subprocess.Popen[bytes] | None = None
        self.stop = threading.Event()

    def run(self) -> None:
        """Watch until stopped."""
        while not self.stop.is_set():
            try:
                self.look()
            except Exception as error:  # noqa: BLE001  a full disk, say: it looks on, and remembers what it told
                log("look_failed", error=f"{type(error).__name__}: {error}")
            self.stop.wait(LOOK)

    def look(self) -> None:
        """See what lives; call, restart or alarm as needed."""
        now = time.monotonic()
        supervisor, engine, work = self._supervisor_lives(), self._engine_lives(now), self._engine_works(now)
        if supervisor and engine and work:
            self._alive_at = now
            self._call_heartbeat(now)
            if self._told:
                self._say_back(now)
            return
        if not supervisor:
            self._restart(now)
        if now - self._alive_at >= self._config.alarm_after_s and not self._told:
            if engine and not work:
                trouble = f"the engine has done no work for {now - self._work_at:.0f} s, its database may be away"
            else:
                dead = "the engine" if supervisor else "the supervisor"
                trouble = f"{dead} has not answered for {now - self._alive_at:.0f} s"
            self._alarm(now, trouble)

    def _supervisor_lives(self) -> bool:
        """Say whether some process holds the supervisor's lock: pids may be reused, locks end with their holder."""
        if self._child is not None:
            self._child.poll()
        try:
            with (self._run / "supervisor.lock").open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def _engine_lives(self, now: float) -> bool:
        """Say whether the heartbeat file still moves; compared by change, so a stepping clock raises no alarm."""
        beat = _changed_at(self._run / "engine.heartbeat")
        if beat is not None and beat != self._beat:
            self._beat, self._engine_at = beat, now
        return self._beat is not None and now - self._engine_at < max(self._config.alarm_after_s / 3, 3.0)

    def _engine_works(self, now: float) -> bool:
        """Say whether the engine still does what is due: it writes the break-glass file anew every 30 s."""
        work = _changed_at(self._config.home / "break-glass.json")
        if work is not None and work != self._work:
            self._work, self._work_at = work, now
        return now - self._work_at < self._config.work_silence_s

    def _call_heartbeat(self, now: float) -> None:
        if not self._config.heartbeat_url or now - self._heartbeat_at < self._config.heartbeat_every_s:
            return
        self._heartbeat_at = now
        # A far side that hangs must not keep the watchdog from watching.
        threading.Thread(target=_quietly, args=(self._config.heartbeat_url,), daemon=True).start()

    def _restart(self, now: float) -> None:
        if not self._config.supervisor or now - self._restarted_at < RESTART_PAUSE:
            return
        self._restarted_at = now
        log("supervisor_restarted")
        # Without its keeper's mark it is no part of the watchdog, and does not end with it.
        environment = {name: value for name, value in os.environ.items() if name != "GOLIVE_INSTANCE"}
        with (self._config.home / "logs" / "supervisor.log").open("ab") as output:
            self._child = subprocess.Popen(
                self._config.supervisor,
                cwd=self._config.home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                start_new_session=True,
            )

    def _alarm(self, now: float, trouble: str) -> None:
        if now - self._alarmed_at < RETRY_ALARM:
            return
        self._alarmed_at = now
        text = (
            f"golive itself is down on {socket.gethostname()}: {trouble}. Releases are "
            f"not judged and nobody is paged until it is back. Visitors are still served by the edge.\n"
            f"Home: {self._config.home}. Try `golive up` there, and read logs/supervisor.log."
        )
        if self._tell("golive itself is down", text, act="trigger"):
            self._remember(told=True)

    def _say_back(self, now: float) -> None:
        """Say that it is over, again until somebody was reached: an alert that stays open wakes people for nothing."""
        if now - self._said_back_at < RETRY_ALARM:
            return
        self._said_back_at = now
        if self._tell("golive is up again", f"golive is up again on {socket.gethostname()}.", act="resolve"):
            self._remember(told=False)

    def _remember(self, *, told: bool) -> None:
        self._told = told
        draft = self._state.with_suffix(".new")
        draft.write_text(json.dumps({"told": told}))
        draft.replace(self._state)

    def _tell(self, subject: str, text: str, *, act: str) -> bool:
        """Tell everyone by every means at once; True when at least one provider took it."""
        means = _read(self._config.home / "break-glass.json")
        incidents = [str(one) for one in means.get("open_incidents", [])]
        if incidents and act == "trigger":
            text += "\nOpen incidents: " + "; ".join(incidents)
        taken: list[bool] = []
        threads = [
            threading.Thread(target=_try, args=(contact, subject, text, act, taken), daemon=True)
            for contact in means.get("contacts", [])
        ]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 4 * WAIT
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0))
        log(
            "outage_told" if act == "trigger" else "return_told",
            taken=len(taken),
            contacts=len(threads),
        )
        return bool(taken)


def _try(contact: dict[str, Any], subject: str, text: str, act: str, taken: list[bool]) -> None:
    """Send by one contact, twice at most; the outcome goes to `taken`."""
    for _ in range(2):
        try:
            send(contact, subject, text, act)
        except Exception as error:  # noqa: BLE001  whatever one provider does, the others are still tried
            log("contact_failed", kind=contact.get("kind"), error=type(error).__name__)
        else:
            taken.append(True)
            return


def send(contact: dict[str, Any], subject: str, text: str, act: str) -> None:
    """Send one message. Raises OSError, smtplib.SMTPException or ValueError when it was not taken."""
    settings = contact["settings"]
    match contact["kind"]:
        case "smtp":
            _mail(settings, str(contact["to"]), subject, text)
        case "slack":
            _post(contact, settings["url"], {"text": f"*{subject}*\n{text}"}, {})
        case "webhook":
            body = {
                "act": act,
                "subject": subject,
                "text": text,
                "incident": "golive-down",
                "severity": "critical",
            }
            _post(contact, settings["url"], body, {}, secret=settings["secret"])
        case "pagerduty":
            event: dict[str, Any] = {
                "routing_key": settings["routing_key"],
                "event_action": act,
                "dedup_key": f"golive-down-{socket.gethostname()}",
            }
            if act == "trigger":
                event["payload"] = {
                    "summary": subject,
                    "source": "golive watchdog",
                    "severity": "critical",
                }
            _post(contact, settings.get("url") or "https://events.pagerduty.com/v2/enqueue", event, {})
        case kind:
            raise ValueError(f"{kind} needs golive itself")


def _mail(settings: dict[str, str], to: str, subject: str, text: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings["sender"], to, f"[golive] {subject}"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    host, port = settings["host"], int(settings["port"])
    server: smtplib.SMTP
    if settings.get("security") == "tls":
        server = smtplib.SMTP_SSL(host, port, NAME, timeout=WAIT, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port, NAME, timeout=WAIT)
    with server:
        if settings.get("security") == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.get("username"):
            server.login(settings["username"], settings.get("password", ""))
        server.send_message(mail)


def _post(
    contact: dict[str, Any],
    url: str,
    body: dict[str, Any],
    headers: dict[str, str],
    *,
    secret: str = "",
) -> None:
    data = json.dumps(body).encode()
    if secret:
        now = int(time.time())
        digest = hmac.new(secret.encode(), f"{now}.".encode() + data, hashlib.sha256).hexdigest()
        headers = {**headers, "Golive-Signature": f"t={now},v1={digest}"}
    status = request(
        "POST",
        url,
        data,
        {"Content-Type": "application/json", **headers},
        allow_private=bool(contact.get("allow_private")),
    )
    if not 200 <= status < 300:
        raise OSError(f"answered {status}")


def request(method: str, url: str, data: bytes | None, headers: dict[str, str], *, allow_private: bool) -> int:
    """Return the status of one request without following redirects. Raises OSError, http.client.HTTPException."""
    parts = urlsplit(url)
    host, path = (
        parts.hostname or "",
        (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, parts.port, timeout=WAIT, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=WAIT)
    # The connection goes to the address that was checked, whatever the name says a moment later.
    connection.sock = _connect(host, connection.port, allow_private=allow_private)
    if isinstance(connection, http.client.HTTPSConnection):
        connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
    try:
        connection.request(method, path, data, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _connect(host: str, port: int, *, allow_private: bool) -> socket.socket:
    addresses = [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private and not all(ipaddress.ip_address(one.split("%")[0]).is_global for one in addresses):
        raise OSError(f"{host} is a private address")
    failure = OSError(f"{host} has no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=WAIT)
        except OSError as error:  # a name with IPv6 and IPv4, on a machine that has one of them
            failure = error
    raise failure


def _quietly(url: str) -> None:
    try:
        request("GET", url, None, {"User-Agent": "golive-watchdog"}, allow_private=True)
    except (OSError, http.client.HTTPException) as error:
        log("heartbeat_failed", error=type(error).__name__)


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def log(event: str, **values: object) -> None:
    """Write one JSON line to standard error."""
    sys.stderr.write(json.dumps({"event": event, "logger": "watchdog", **values}) + "\n")
    sys.stderr.flush()


def main(arguments: list[str]) -> int:
    """Run until SIGTERM or SIGINT."""
    watchdog = Watchdog(Config.read(Path(arguments[0])))

    def stop(_signal: int, _frame: object) -> None:
        watchdog.stop.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    os.umask(0o077)
    watchdog.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
