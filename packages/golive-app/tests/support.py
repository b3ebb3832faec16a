"""Apps in processes of their own, and a collector that keeps what it is sent."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SOURCE = Path(__file__).parent.parent / "src"
APPS = Path(__file__).parent / "apps"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        threading.Event().wait(0.02)
    raise AssertionError("the condition did not come true in time")


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


class Served:
    """A running app."""

    def __init__(self, command: list[str], port: int, environment: dict[str, str], folder: Path) -> None:
        self._lines: list[str] = []
        self._port = port
        self.process = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(stream,), daemon=True)
            for stream in (self.process.stdout, self.process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any) -> None:
        self._lines.extend(stream)

    def get(self, path: str, **headers: str) -> Answer:
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return Answer(answer.status, _lower(answer.headers), answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, _lower(error.headers), error.read().decode())

    def listens(self) -> bool:
        assert self.process.poll() is None, "".join(self._lines)
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        for reader in self._readers:
            reader.join(5)
        return code

    def log(self, message: str) -> dict[str, Any] | None:
        for line in list(self._lines):
            if line.startswith("{") and json.loads(line)["message"] == message:
                return dict(json.loads(line))
        return None

    @property
    def text(self) -> str:
        return "".join(self._lines)


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def ran(script: str, **environment: str) -> str:
    """Run a script that uses golive_app; returns its standard output."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def served(name: str, **environment: str) -> Iterator[Served]:
    port = free_port()
    clean = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCE),
        "PYTHONUNBUFFERED": "1",
        "PORT": str(port),
    }
    command = [sys.executable, f"{name}_app.py", str(port)]
    if name == "flask":
        options = ["--threads", "8", "--graceful-timeout", "5", "--no-control-socket"]
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            *options,
            "-b",
            f"127.0.0.1:{port}",
            "flask_app:app",
        ]
    app = Served(command, port, clean | environment, APPS)
    try:
        wait_for(app.listens)
        yield app
    finally:
        app.stop()


@dataclass
class Collector:
    """What arrived, decoded."""

    url: str
    spans: list[tuple[dict[str, Any], Any]] = field(default_factory=list)
    logs: list[tuple[dict[str, Any], Any]] = field(default_factory=list)
    metrics: list[tuple[dict[str, Any], Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refusals: int = 0
    """How many of the next requests get the answer of a store that cannot commit now."""
    connections: dict[str, set[int]] = field(default_factory=dict)
    """The ports that sent each log message."""

    def span(self, name: str) -> Any:
        return next((span for _, span in list(self.spans) if span.name == name), None)

    def take(self, path: str, body: bytes) -> None:
        if path == "/v1/traces":
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in group.scope_spans:
                    self.spans.extend((facts(group.resource.attributes), span) for span in scope.spans)
        if path == "/v1/logs":
            for group in ExportLogsServiceRequest.FromString(body).resource_logs:
                for scope in group.scope_logs:
                    self.logs.extend((facts(group.resource.attributes), row) for row in scope.log_records)
        if path == "/v1/metrics":
            for group in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for scope in group.scope_metrics:
                    self.metrics.extend((facts(group.resource.attributes), row) for row in scope.metrics)


def facts(attributes: Any) -> dict[str, Any]:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector("")

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if collector.refusals > 0:
                collector.refusals -= 1
                self.send_response(503)
                self.send_header("Retry-After", "5")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            collector.headers.append(_lower(self.headers))
            known = len(collector.logs)
            collector.take(self.path, body)
            for _, row in collector.logs[known:]:
                collector.connections.setdefault(row.body.string_value, set()).add(self.client_address[1])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
