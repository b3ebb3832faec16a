"""Real receivers of messages on loopback: an HTTP server with moods, and a mail server."""

import email.policy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tools.lab import free_port


class HttpReceiver:
    """Keeps what it got. `mood`: a status, "hang", "trickle", or "redirect <url>"; `answer` is the body of a 200, `headers` come along."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.mood: str = "200"
        self.answer = b"ok"
        self.headers: dict[str, str] = {}
        self.closing = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append((self.path, headers, body))
                receiver.respond(self)

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_args: object) -> None:
                """Clients that give up are part of the tests."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook/s3cr3t"

    def json(self, index: int = -1) -> Any:
        return json.loads(self.got[index][2])

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        kind, _, argument = self.mood.partition(" ")
        if kind == "hang":
            self.closing.wait(60)
            return
        if kind == "trickle":
            while not self.closing.wait(0.3):
                handler.wfile.write(b"H")
            return
        handler.send_response(302 if kind == "redirect" else int(kind))
        if kind == "redirect":
            handler.send_header("Location", argument)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        body = self.answer if kind == "200" else b"no"
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


class MailReceiver:
    """Keeps the mails it got; `refuse` is the SMTP answer that it gives instead."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = ""
        self._closed = False
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port(), server_hostname="receiver")
        self._controller.start()
        self.port = self._controller.port

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        mail = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(envelope.content)
        self.mails.append(mail)
        return "250 taken"

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._controller.stop()


@contextmanager
def http_receiver() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()
    try:
        yield receiver
    finally:
        receiver.close()


@contextmanager
def mail_receiver() -> Iterator[MailReceiver]:
    receiver = MailReceiver()
    try:
        yield receiver
    finally:
        receiver.close()
