"""The processes that one golive consists of, as specs for keepers, in the order in which they start."""

import json
import os
import re
import sys

from golive.adapters.command.environment import ALLOWED
from golive.adapters.envoy import EnvoyRouter, edge_argv
from golive.kernel.config import Settings
from golive.kernel.files import replace_file
from golive.kernel.log import get_logger
from golive.runtime.addresses import store_addresses
from golive.ship.replicas.domain import ProcessSpec
from golive.ship.traffic.ports import EdgeRefused

logger = get_logger(__name__)
STORE, EDGE, ENGINE, CONTROL, WATCHDOG = (
    "golive-store",
    "golive-edge",
    "golive-engine",
    "golive-control",
    "golive-watchdog",
)
# What a part may see of the environment of whoever said `golive up`, beside what commands may.
INHERITED = re.compile(rf"PATH|HOME|TMPDIR|USER|LOGNAME|{ALLOWED.pattern}")


def parts(settings: Settings) -> tuple[ProcessSpec, ...]:
    """Return the specs of all parts; writes the store's configuration on the way."""
    return (
        _store(settings),
        _edge(settings),
        _engine(settings),
        _control(settings),
        _watchdog(settings),
    )


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of golive's own processes."""
    env = {name: value for name, value in os.environ.items() if INHERITED.fullmatch(name)}
    # GOLIVE_INSTANCE is a keeper's tag: whoever inherited it would be ended as a stray with its part.
    own = {n: v for n, v in os.environ.items() if n.startswith("GOLIVE_")}
    own.pop("GOLIVE_INSTANCE", None)
    env |= own
    return env | {
        "GOLIVE_HOME": str(settings.home),
        "DJANGO_SETTINGS_MODULE": "golive.runtime.settings",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # One arena for each of many threads would cost tens of megabytes in a process that mostly waits.
        "MALLOC_ARENA_MAX": "2",
    }


def _store(settings: Settings) -> ProcessSpec:
    addresses = store_addresses(settings)
    config = settings.run / "store-config.json"
    facts = {
        "data_dir": str(settings.store),
        "otlp_port": addresses["otlp_port"],
        "sql_port": addresses["sql_port"],
        "ingest_token_file": addresses["token_file"],
        "password_file": addresses["password_file"],
        "viewer_password_file": addresses["viewer_password_file"],
        "edge_dir": str(settings.edge),
        "logs_dir": str(settings.logs),
    }
    replace_file(config, json.dumps(facts, indent=1))
    return _part(settings, STORE, "golive.adapters.clickhouse.server", str(config), grace_s=20.0)


def _edge(settings: Settings) -> ProcessSpec:
    # Envoy starts from files: an edge that never served has none yet, a damaged one is repaired from its last state.
    router = EnvoyRouter(settings.edge, host=settings.edge_host)
    try:
        router.apply(router.current())
    except EdgeRefused as refusal:
        # A state that cannot be read, or an edge that lives and hangs, keeps no other part down: the engine tries again.
        logger.warning("edge_left_as_it_was", detail=refusal.detail)
    return ProcessSpec(
        id=EDGE,
        argv=edge_argv(settings.edge, settings.envoy or None),
        cwd=str(settings.edge),
        env=environment(settings),
        backoff_first_s=0.05,
        grace_s=5.0,
        labels={"part": EDGE},
    )


def _engine(settings: Settings) -> ProcessSpec:
    return _part(settings, ENGINE, "golive.runtime.processes.engine", grace_s=25.0)


def _control(settings: Settings) -> ProcessSpec:
    return _part(settings, CONTROL, "golive.runtime.processes.control")


def _watchdog(settings: Settings) -> ProcessSpec:
    config = settings.run / "watchdog.json"
    facts = {
        "home": str(settings.home),
        "heartbeat_url": settings.heartbeat_url,
        "supervisor": [sys.executable, "-m", "golive.runtime.processes.supervisor"],
    }
    replace_file(config, json.dumps(facts, indent=1))
    return _part(settings, WATCHDOG, "golive.runtime.processes.watchdog", str(config))


def _part(settings: Settings, name: str, module: str, *arguments: str, grace_s: float = 10.0) -> ProcessSpec:
    return ProcessSpec(
        id=name,
        argv=(sys.executable, "-m", module, *arguments),
        cwd=str(settings.home),
        env=environment(settings),
        grace_s=grace_s,
        backoff_first_s=0.2,
        labels={"part": name},
    )
