"""The world around golive that the demo brings along: a mail server, a webhook receiver and a payment provider."""

import json
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.lab import free_port


@dataclass
class Received:
    """What arrived, with the moment (Unix seconds) at which it did."""

    mails: list[tuple[float, str, str]] = field(default_factory=list)  # moment, recipients, subject
    calls: list[tuple[float, dict[str, Any]]] = field(default_factory=list)  # moment, body

    def pages(self) -> list[tuple[float, str, str]]:
        """Return the mails that page somebody; those about releases say nothing of the on-call person's reach."""
        return [mail for mail in list(self.mails) if mail[2].startswith("[SEV")]

    def first_page_after(self, moment: float) -> tuple[float, str, str] | None:
        return next((mail for mail in self.pages() if mail[0] >= moment), None)

    def first_call_after(self, moment: float) -> tuple[float, dict[str, Any]] | None:
        return next(
            (call for call in self.calls if call[0] >= moment and call[1].get("act") == "trigger"),
            None,
        )


class MailServer:
    """A real SMTP server on a free loopback port that keeps what it is given."""

    def __init__(self, received: Received) -> None:
        class Keep:
            async def handle_DATA(  # noqa: N802  the name that aiosmtpd demands
                self, _server: SMTP, _session: Session, envelope: Envelope
            ) -> str:
                parsed = message_from_bytes(envelope.original_content or b"", policy=policy.default)
                received.mails.append((time.time(), ", ".join(envelope.rcpt_tos), str(parsed["Subject"])))
                return "250 OK"

        self.port = free_port()
        self._controller = Controller(Keep(), hostname="127.0.0.1", port=self.port)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


class WebServer:
    """A small HTTP server in a thread, on a free loopback port."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def webhook(received: Received) -> WebServer:
    """Return a receiver that keeps every JSON body."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            received.calls.append((time.time(), json.loads(body or b"{}")))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Stay quiet."""

    return WebServer(Hook)


class PaymentProvider:
    """The dependency that all releases of the market share; `broken` makes it refuse everything."""

    def __init__(self) -> None:
        self.broken = threading.Event()
        self.asked = 0
        provider = self

        class Payments(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                provider.asked += 1
                broken = provider.broken.is_set()
                body = json.dumps(
                    {"error": "down"} if broken else {"id": f"res_{provider.asked}", "status": "confirmed"}
                ).encode()
                self.send_response(503 if broken else 201)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Stay quiet."""

        self.server = WebServer(Payments)
