"""The control room: pages, API and live events in one ASGI process, on its own port, never through the edge."""

import asyncio
import sys
from contextlib import suppress
from types import FrameType

import uvicorn

from golive.kernel import log
from golive.kernel.config import Settings, settings

TICK_S = 1.0


class Server(uvicorn.Server):
    """Looks once a second whether it is to end, not ten times: an idle golive shall cost next to nothing. A signal wakes it."""

    _bell: asyncio.Event
    _loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Keep the Date header of answers true until it is time to end."""
        self._bell, self._loop = asyncio.Event(), asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), TICK_S)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note that it is to end; a second SIGINT ends at once."""
        super().handle_exit(sig, frame)
        if self._loop:
            self._loop.call_soon_threadsafe(self._bell.set)


def server(config: Settings) -> Server:
    """Return the server; what trusted proxies say of a visitor's address and scheme is believed, as at the edge."""
    proxies = [one.strip() for one in config.trusted_proxies.split(",") if one.strip()]
    return Server(
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
