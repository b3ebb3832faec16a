"""golive's own health and readiness (mission: WATCH-1)."""

import time
from collections.abc import Callable

import httpx
import psutil
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from golive.kernel import clock
from golive.kernel.config import settings
from golive.kernel.log import get_logger
from golive.kernel.ports import the
from golive.runtime.addresses import store_addresses
from golive.ship.traffic.ports import TrafficRouter

ENGINE_SILENCE = 5.0  # seconds without a heartbeat after which the engine counts as down
MEMORY_WARNING = 90.0  # per cent of the machine
_started = clock.system.monotonic()
logger = get_logger(__name__)


@require_GET
def health(_request: HttpRequest) -> JsonResponse:
    """200 when nothing is down, 503 when something is; a warning alone does not degrade."""
    checks = {name: _safely(check) for name, check in CHECKS.items()}
    degraded = "down" in checks.values()
    body = {
        "status": "degraded" if degraded else "healthy",
        "timestamp": clock.now().isoformat(),
        "uptime": round(clock.system.monotonic() - _started, 3),
        "checks": checks,
    }
    return JsonResponse(body, status=503 if degraded else 200)


@require_GET
def ready(_request: HttpRequest) -> JsonResponse:
    """200 when the state database answers: pages and API can then be served."""
    database = _safely(_database)
    return JsonResponse(
        {"ready": database == "ok", "checks": {"database": database}},
        status=200 if database == "ok" else 503,
    )


def _safely(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # noqa: BLE001  whatever a dependency raises, health must answer
        logger.warning("health_check_failed", check=check.__name__, error=str(error))
        return "down"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _store() -> str:
    answer = httpx.get(f"{store_addresses(settings())['sql_url']}/ping", timeout=2, trust_env=False)
    return "ok" if answer.status_code == 200 else "down"


def _engine() -> str:
    heartbeat = settings().run / "engine.heartbeat"
    age = time.time() - heartbeat.stat().st_mtime
    return "ok" if age < ENGINE_SILENCE else "down"


def _edge() -> str:
    return "ok" if the(TrafficRouter).ready() else "down"  # a killed edge leaves its socket behind


def _ports() -> str:
    return "down" if the(TrafficRouter).shut_ports() else "ok"  # another program listens where a site should


def _memory() -> str:
    return "warning" if psutil.virtual_memory().percent >= MEMORY_WARNING else "ok"


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "store": _store,
    "engine": _engine,
    "edge": _edge,
    "ports": _ports,
    "memory": _memory,
}
