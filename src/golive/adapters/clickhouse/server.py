"""The store's process: `python -m golive.adapters.clickhouse.server CONFIG.json`.

One process, threads, never forks. Prints one JSON line with its ports once it answers, ends with 0 on
SIGTERM after committing what it accepted, with 2 and words when it cannot start.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

from golive.adapters.clickhouse.commits import Committer
from golive.adapters.clickhouse.config import ConfigRefused, StoreConfig, read_config, read_secret
from golive.adapters.clickhouse.engine import Engine, StoreLocked
from golive.adapters.clickhouse.guard import Guard
from golive.adapters.clickhouse.http import Server, hang_up
from golive.adapters.clickhouse.intake import Intake
from golive.adapters.clickhouse.otlp_http import OtlpDoor
from golive.adapters.clickhouse.retention import Retention
from golive.adapters.clickhouse.sql_http import SqlDoor
from golive.kernel.clock import system
from golive.kernel.log import configure, get_logger

log = get_logger(__name__)
HOUR_S = 3600.0  # between looks of the doors whether they are to end; `hang_up` does not wait for one


class Store:
    """The running store: engine, committers, intake, retention and both doors."""

    def __init__(self, config: StoreConfig) -> None:
        token = read_secret(config.ingest_token_file)
        passwords = {
            "golive": read_secret(config.password_file),
            "viewer": read_secret(config.viewer_password_file),
        }
        self.engine = Engine(config)
        self._committers = {
            name: Committer(
                self.engine,
                kind,
                queue_bytes=config.queue_bytes,
                batch_bytes=config.batch_bytes,
                flush_seconds=config.flush_seconds,
            )
            for name, kind in self.engine.signals.items()
        }
        self._intake = Intake(self.engine, config.edge_dir, config.logs_dir, config.data_dir, system)
        self._retention = Retention(self.engine, system)
        limits = {"max_body": config.max_body_bytes, "max_inflated": config.max_inflated_bytes}
        self.otlp = Server(
            (config.host, config.otlp_port),
            type("Otlp", (OtlpDoor,), {**limits, "committers": self._committers, "token": token}),
        )
        self.sql = Server(
            (config.host, config.sql_port),
            type(
                "Sql",
                (SqlDoor,),
                {
                    **limits,
                    "engine": self.engine,
                    "guard": _guard(self.engine),
                    "passwords": passwords,
                },
            ),
        )
        for server in (self.otlp, self.sql):
            threading.Thread(target=server.serve_forever, args=(HOUR_S,), daemon=True).start()

    @property
    def ports(self) -> dict[str, int]:
        return {"otlp_port": self.otlp.port, "sql_port": self.sql.port}

    def close(self) -> None:
        """Stop accepting, commit what was accepted, close the engine."""
        hang_up(self.otlp)
        self._intake.close()
        for committer in self._committers.values():
            committer.close()
        hang_up(self.sql)
        self._retention.close()
        self.engine.close()


def _guard(engine: Engine) -> Guard:
    with engine.writers.connection() as connection:
        names = connection.query("SELECT name FROM system.table_functions").decode().split("\n")
    return Guard(frozenset(filter(None, names)))


def main(arguments: list[str]) -> int:
    """Run the store until SIGTERM or SIGINT; returns the exit status."""
    configure(json=True)
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m golive.adapters.clickhouse.server CONFIG.json\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        config = read_config(Path(arguments[0]))
        store = Store(config)
    except (ConfigRefused, StoreLocked) as refusal:
        sys.stderr.write(f"the store cannot start: {refusal}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"the store cannot start: {error.strerror or error}\n")
        return 2
    ready = json.dumps({"event": "store_ready", "pid": os.getpid(), **store.ports})
    sys.stdout.write(ready + "\n")
    sys.stdout.flush()
    log.info("store_started", data=str(config.data_dir), **store.ports)
    stop.wait()
    store.close()
    log.info("store_stopped")
    return 0


if __name__ == "__main__":
    os.umask(0o077)  # chDB keeps caches beside the state
    status = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)  # a thread of the engine may outlive its connections and must not meet the teardown
