"""The control room: pages, API and live events in one ASGI process, on its own port, never through the edge."""

import sys
from contextlib import suppress

import uvicorn

from golive.kernel import log
from golive.kernel.config import Settings, settings


def server(config: Settings) -> uvicorn.Server:
    """Return the server; what trusted proxies say of a visitor's address and scheme is believed, as at the edge."""
    proxies = [one.strip() for one in config.trusted_proxies.split(",") if one.strip()]
    return uvicorn.Server(
        uvicorn.Config(
            "golive.runtime.asgi:application",
            host=config.host,
            port=config.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            forwarded_allow_ips=["127.0.0.1", *proxies],
        )
    )


def main() -> int:
    """Serve until SIGTERM."""
    log.configure(json=True)
    running = server(settings())
    with suppress(KeyboardInterrupt):
        running.run()
    return 0 if running.started else 1


if __name__ == "__main__":
    sys.exit(main())
