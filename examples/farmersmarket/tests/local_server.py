"""A server for tests on a port of its own, for whatever the market calls."""

import gzip
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Call:
    """What came in; the body is unpacked."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class LocalServer:
    """Answers each call with what ``answer`` says, until ``stop``."""

    def __init__(self, answer: Callable[[Call], Reply]) -> None:
        def handle(self: BaseHTTPRequestHandler) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            reply = answer(Call(self.command, self.path, self.headers, body))
            self.send_response(reply.status)
            # A client that is kept for the next test holds no connection of this one.
            for name, value in {"Connection": "close", **reply.headers}.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        methods = {f"do_{method}": handle for method in ("GET", "HEAD", "POST", "PUT", "DELETE")}
        quiet = {"protocol_version": "HTTP/1.1", "log_message": lambda *_: None}
        api = type("Api", (BaseHTTPRequestHandler,), methods | quiet)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), api)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
