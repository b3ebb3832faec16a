"""A small app that behaves as `behaviour.json` beside it says: good, failing, slow, hanging, crashing.

Standard library only. It keeps connections open, answers SIGTERM by finishing what it has, and says by the header
`x-release` which release answered.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BEHAVIOUR = json.loads((Path(__file__).parent / "behaviour.json").read_text())
RELEASE = os.environ.get("GOLIVE_VERSION", BEHAVIOUR.get("version", ""))
BEGAN = time.monotonic()
chance = random.Random()


class App(BaseHTTPRequestHandler):
    """Answers everything; only the behaviour decides how."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0) or 0)
        if length:
            self.rfile.read(length)
        path = self.path.split("?")[0]
        if path == "/api/ready":
            self.send(200, "ready", "/api/ready")
            return
        if BEHAVIOUR.get("hang") and self.due():
            time.sleep(3600)
        age = time.monotonic() - BEGAN
        cold = BEHAVIOUR.get("cold_ms", 0) * max(0.0, 1 - age / BEHAVIOUR.get("cold_s", 1))
        base = BEHAVIOUR.get("ms", 2) * (1 + chance.expovariate(2)) + cold
        time.sleep(base / 1000 * (BEHAVIOUR.get("slow", 1) if self.due() else 1))
        template = "/product/{id}" if path.startswith("/product/") else path
        failed = BEHAVIOUR.get("fail", 0) > chance.random() and self.due()
        if failed:
            print(
                json.dumps({"level": "error", "message": f"KeyError: 'coupon' at {path}"}),
                flush=True,
            )
        self.send(500 if failed else 200, "no" if failed else "ok", template)

    def due(self) -> bool:
        """Whether the fault applies: `method` and `path` narrow it, `after_s` delays it."""
        return (
            BEHAVIOUR.get("method", self.command) == self.command
            and self.path.startswith(BEHAVIOUR.get("path", ""))
            and time.monotonic() - BEGAN >= BEHAVIOUR.get("after_s", 0)
        )

    def send(self, status: int, text: str, route: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-golive-route", route)
        self.send_header("x-release", RELEASE)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_HEAD = do_OPTIONS = answer  # noqa: N815  names that http.server demands

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet."""


def main() -> None:
    if BEHAVIOUR.get("crash"):
        sys.exit("ModuleNotFoundError: No module named 'cupons'")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), App)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    time.sleep(0.3)  # let threads finish their answers


main()
