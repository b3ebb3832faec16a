"""A small app with data of its own and a worker: notes go to a kept file, the worker writes its beats there too.

It runs as `python notebook.py web|worker`; standard library only.
"""

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DATA = Path("data")
VERSION = os.environ.get("GOLIVE_VERSION", "")


class Notebook(BaseHTTPRequestHandler):
    """POST appends a note, GET shows all of them."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        notes = DATA / "notes.txt"
        self.answer(notes.read_bytes() if notes.exists() else b"")

    def do_POST(self) -> None:
        note = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        DATA.mkdir(exist_ok=True)
        with (DATA / "notes.txt").open("ab") as file:
            file.write(note + b"\n")
        self.answer(b"noted")

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-release", VERSION)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Stay quiet."""


def work() -> None:
    """Append this version to the beats five times a second until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    DATA.mkdir(exist_ok=True)
    while not stop.wait(0.2):
        with (DATA / "beats.txt").open("a") as file:
            file.write(f"{VERSION}\n")


def serve() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Notebook)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()


if __name__ == "__main__":
    {"web": serve, "worker": work}[sys.argv[1]]()
