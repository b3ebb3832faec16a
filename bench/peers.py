"""Peers that golive's releases are measured beside: how each of them brings a new version under load.

Every peer has `start(version)`, `release(version)`, `stop()`; versions are folders with the test app and a behaviour.
A peer that is not installed says so and is left out.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol

from tools.lab import free_port

TESTAPP = Path(__file__).parent / "testapp"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}


class Peer(Protocol):
    """A way to run an app and to replace it."""

    name: str
    port: int

    def start(self, version: Path) -> None: ...
    def release(self, version: Path) -> None: ...
    def stop(self) -> None: ...


def wait_for_port(port: int, seconds: float = 15.0) -> bool:
    """Wait until something listens; False when nothing does in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False


def end(process: subprocess.Popen[bytes] | None) -> None:
    """End a process that this module started, and its children that share its group."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Proxied:
    """Two app processes behind a proxy whose configuration is rewritten and reloaded, as deploy scripts do."""

    name = "proxy"

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.port = free_port()
        self._apps: list[subprocess.Popen[bytes]] = []
        self._proxy: subprocess.Popen[bytes] | None = None

    def start(self, version: Path) -> None:
        self._write(self._app(version))
        self._proxy = self._run()
        wait_for_port(self.port)

    def release(self, version: Path) -> None:
        self._write(self._app(version))
        self._reload()
        time.sleep(1.0)
        for old in self._apps[:-1]:
            end(old)
        del self._apps[:-1]

    def stop(self) -> None:
        end(self._proxy)
        for app in self._apps:
            end(app)

    def _app(self, version: Path) -> int:
        port = free_port()
        self._apps.append(
            subprocess.Popen(
                [sys.executable, "app.py"],
                cwd=version,
                env={**os.environ, "PORT": str(port)},
                **QUIET,
            )  # type: ignore[call-overload]
        )
        wait_for_port(port, 3.0)
        return port

    def _write(self, upstream: int) -> None: ...
    def _run(self) -> subprocess.Popen[bytes]: ...  # type: ignore[empty-body]
    def _reload(self) -> None: ...


class HAProxy(_Proxied):
    """HAProxy in master-worker mode, reloaded by SIGUSR2."""

    name = "HAProxy reload"

    def _write(self, upstream: int) -> None:
        (self.scratch / "haproxy.cfg").write_text(
            "global\n  maxconn 4000\ndefaults\n  mode http\n  timeout connect 2s\n  timeout client 30s\n  timeout server 30s\n"
            f"frontend f\n  bind 127.0.0.1:{self.port}\n  default_backend b\nbackend b\n  server s 127.0.0.1:{upstream} check inter 1s\n"
        )

    def _run(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["haproxy", "-W", "-f", str(self.scratch / "haproxy.cfg")], **QUIET)  # type: ignore[call-overload]

    def _reload(self) -> None:
        assert self._proxy
        self._proxy.send_signal(signal.SIGUSR2)


class Nginx(_Proxied):
    """nginx, reloaded by SIGHUP."""

    name = "nginx reload"

    def _write(self, upstream: int) -> None:
        here = self.scratch
        (here / "nginx.conf").write_text(
            f"daemon off; pid {here}/nginx.pid; error_log {here}/nginx.log; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {here}/b; proxy_temp_path {here}/p; fastcgi_temp_path {here}/f;"
            f" uwsgi_temp_path {here}/u; scgi_temp_path {here}/s;\n"
            f" upstream app {{ server 127.0.0.1:{upstream}; keepalive 16; }}\n"
            f" server {{ listen 127.0.0.1:{self.port}; location / {{ proxy_pass http://app; proxy_http_version 1.1;"
            ' proxy_set_header Connection ""; } } }\n'
        )

    def _run(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["nginx", "-c", str(self.scratch / "nginx.conf")], **QUIET)  # type: ignore[call-overload]

    def _reload(self) -> None:
        assert self._proxy
        self._proxy.send_signal(signal.SIGHUP)


class _Linked:
    """A server that starts the app from a folder named `current`, a link that a release moves."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def _link(self, version: Path) -> None:
        draft = self.scratch / "next"
        draft.unlink(missing_ok=True)
        draft.symlink_to(version)
        draft.replace(self.scratch / "current")


class Gunicorn(_Linked):
    """gunicorn with two gthread workers, reloaded by SIGHUP."""

    name = "gunicorn HUP"

    def start(self, version: Path) -> None:
        self._link(version)
        self._server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "-k",
                "gthread",
                "-w",
                "2",
                "--threads",
                "8",
                "-b",
                f"127.0.0.1:{self.port}",
                "--chdir",
                str(self.scratch / "current"),
                "wsgi:app",
            ],
            cwd=self.scratch,
            **QUIET,
        )  # type: ignore[call-overload]
        wait_for_port(self.port)

    def release(self, version: Path) -> None:
        assert self._server
        self._link(version)
        self._server.send_signal(signal.SIGHUP)
        time.sleep(2.0)

    def stop(self) -> None:
        end(self._server)


class Pm2(_Linked):
    """pm2 in cluster mode with two instances, `pm2 reload`."""

    name = "pm2 reload"

    def start(self, version: Path) -> None:
        self._link(version)
        self._env = {**os.environ, "PM2_HOME": str(self.scratch / "pm2"), "PORT": str(self.port)}
        self._pm2("start", str(self.scratch / "current" / "node.js"), "-i", "2", "--name", "bench")
        wait_for_port(self.port)

    def release(self, version: Path) -> None:
        self._link(version)
        self._pm2("reload", "bench")

    def stop(self) -> None:
        self._pm2("kill")

    def _pm2(self, *arguments: str) -> None:
        subprocess.run([pm2_program() or "pm2", *arguments], env=self._env, check=False, timeout=60, **QUIET)  # type: ignore[call-overload]


def pm2_program() -> str | None:
    """Return pm2, installed from the npm registry into the cache of this benchmark when npm is there."""
    found = shutil.which("pm2")
    cache = Path.home() / ".cache" / "golive-bench"
    local = cache / "node_modules" / ".bin" / "pm2"
    if found or local.exists():
        return found or str(local)
    if shutil.which("npm") is None:
        return None
    cache.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "pm2"],
        cwd=cache,
        check=False,
        timeout=300,
        **QUIET,
    )  # type: ignore[call-overload]
    return str(local) if local.exists() else None


def installed(scratch: Path) -> tuple[list[Peer], list[str]]:
    """Return the peers that can run here, and the names of those that cannot."""
    ways: list[tuple[type, bool]] = [
        (HAProxy, shutil.which("haproxy") is not None),
        (Nginx, shutil.which("nginx") is not None),
        (Gunicorn, True),
        (Pm2, shutil.which("node") is not None and pm2_program() is not None),
    ]
    peers: list[Peer] = []
    for kind, there in ways:
        if there:
            folder = scratch / kind.__name__
            folder.mkdir(parents=True, exist_ok=True)
            peers.append(kind(folder))
    return peers, [kind.name for kind, there in ways if not there]
