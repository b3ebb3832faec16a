"""The control room: pages, API and live events in one ASGI process, on its own port, never through the edge."""

import sys

import uvicorn

from golive.kernel import log
from golive.kernel.config import settings


def main() -> int:
    """Serve until SIGTERM."""
    log.configure(json=True)
    config = settings()
    uvicorn.run(
        "golive.runtime.asgi:application",
        host=config.host,
        port=config.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
