"""A real store process for tests: its own directory, free ports, ended by its pid."""

import http.client
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import golive
from golive.adapters.clickhouse.client import ClickHouse
from tests.support import wait_for


class StoreProcess:
    """Starts, kills and restarts `golive.adapters.clickhouse.server` over one data directory."""

    def __init__(self, directory: Path, **settings: object) -> None:
        self.directory = directory
        self.edge = directory / "edge"
        self.logs = directory / "logs"
        self.token, self.password, self.viewer_password = (secrets.token_hex(8) for _ in range(3))
        for name in (self.edge, self.logs):
            name.mkdir(parents=True)
        for name, secret in (
            ("token", self.token),
            ("password", self.password),
            ("viewer", self.viewer_password),
        ):
            self._private(name, secret)
        self.config = self._private(
            "store.json",
            json.dumps(
                {
                    "data_dir": str(directory / "data"),
                    "flush_seconds": 0.1,
                    "otlp_port": 0,
                    "sql_port": 0,
                    "ingest_token_file": str(directory / "token"),
                    "password_file": str(directory / "password"),
                    "viewer_password_file": str(directory / "viewer"),
                    "edge_dir": str(self.edge),
                    "logs_dir": str(self.logs),
                    **settings,
                }
            ),
        )
        self.process: subprocess.Popen[bytes] | None = None
        self.otlp_port = self.sql_port = 0

    def _private(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "golive.adapters.clickhouse.server", str(self.config)],
            stdout=subprocess.PIPE,
            stderr=(self.directory / "stderr").open("ab"),
            env={**os.environ, "PYTHONPATH": str(Path(golive.__file__).parents[1])},
        )

    def start(self) -> "StoreProcess":
        self.process = self.spawn()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.directory / "stderr").read_text()
        ready = json.loads(line)
        self.otlp_port, self.sql_port = ready["otlp_port"], ready["sql_port"]
        return self

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End the process by SIGTERM and return its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=120)

    def client(self, user: str = "golive") -> ClickHouse:
        password = self.password if user == "golive" else self.viewer_password
        return ClickHouse(self.sql_port, password, user=user)

    def post(self, path: str, body: bytes, *, port: int = 0, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.otlp_port, timeout=40)
        sent = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/x-protobuf",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection.request("POST", path, body, sent)
        response = connection.getresponse()
        answer = response.status, response.read(), dict(response.getheaders())
        connection.close()
        return answer

    def count(self, table: str, where: str = "1") -> int:
        return self.client().query(f"SELECT count() AS n FROM {table} WHERE {where}")[0]["n"]

    def wait_count(self, table: str, expected: int, where: str = "1") -> None:
        wait_for(
            lambda: self.count(table, where) >= expected,
            seconds=60,
            what=f"{expected} rows in {table}",
        )
