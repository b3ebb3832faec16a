"""Serves the market on ``$HOST:$PORT`` until SIGTERM: ``python -m farmersmarket.serve``.

On SIGTERM the listener closes, requests in flight are finished (10 s at most), and live streams end at once, so
that their browsers connect again elsewhere.
"""

import os
import signal
from types import FrameType

import golive_app
import uvicorn

from farmersmarket import streams, telemetry
from farmersmarket.asgi import application


class Server(uvicorn.Server):
    """Ends live streams when it is told to stop."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        streams.drain()
        super().handle_exit(sig, frame)


def main() -> None:
    golive_app.json_logs(os.environ.get("LOG_LEVEL", "INFO"))
    telemetry.watch_errors()
    config = uvicorn.Config(
        application,
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
        backlog=2048,
    )
    # uvicorn raises the signal again once it has ended well; a good end is exit status 0, not death by a signal.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Server(config).run()
    golive_app.flush()


if __name__ == "__main__":
    main()
