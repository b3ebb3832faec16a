"""The two answers a balancer, a person and golive ask for: ``/api/health`` and ``/api/ready`` (mission: WATCH-1)."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from golive_app.checks import Outcome, Registry, registry

HEALTH = "/api/health"
READY = "/api/ready"
_STARTED = time.monotonic()


@dataclass(frozen=True)
class Answer:
    """An HTTP status and a JSON document."""

    status: int
    document: dict[str, object]

    @property
    def body(self) -> bytes:
        return json.dumps(self.document).encode()

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            ("Content-Length", str(len(self.body))),
        ]


def answer(method: str, path: str, checks: Registry = registry) -> Answer | None:
    """The answer to a request for one of the two paths, None for any other."""
    if path == HEALTH and method in ("GET", "HEAD"):
        return health(checks)
    if path == READY and method in ("GET", "HEAD"):
        return ready(checks)
    return None


def health(checks: Registry = registry) -> Answer:
    """200 healthy, 503 degraded when a check is down, 500 unhealthy when the report itself cannot be made."""
    try:
        outcomes = checks.run()
    except Exception as error:  # noqa: BLE001 - an ill process says so instead of hanging up
        return Answer(500, {**_stamp("unhealthy"), "checks": {}, "error": type(error).__name__})
    degraded = any(outcome.state == "down" for outcome in outcomes.values())
    return Answer(
        503 if degraded else 200,
        {**_stamp("degraded" if degraded else "healthy"), "checks": _shown(outcomes)},
    )


def ready(checks: Registry = registry) -> Answer:
    """200 once every dependency the app cannot serve without answers within 5 s, else 503."""
    outcomes = checks.run(ready_only=True)
    down = any(outcome.state == "down" for outcome in outcomes.values())
    return Answer(
        503 if down else 200,
        {**_stamp("not_ready" if down else "ready"), "checks": _shown(outcomes)},
    )


def _stamp(status: str) -> dict[str, object]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"status": status, "timestamp": now, "uptime": round(time.monotonic() - _STARTED, 3)}


def _shown(outcomes: dict[str, Outcome]) -> dict[str, object]:
    return {
        name: {"status": outcome.state, "seconds": outcome.seconds}
        | ({"detail": outcome.detail} if outcome.detail else {})
        for name, outcome in outcomes.items()
    }
