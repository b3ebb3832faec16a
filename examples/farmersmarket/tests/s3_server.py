"""Speaks the part of S3 that pictures need: put, get, head and delete of one object, signed with version 4."""

import re
import threading
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "market-key"


class Api(BaseHTTPRequestHandler):
    """One call; ``store`` is whose."""

    protocol_version = "HTTP/1.1"
    store: "S3"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._refused():
            return
        self.store.objects[self.path] = body
        self._say(200, b"", ETag=f'"{md5(body).hexdigest()}"')

    def do_GET(self) -> None:
        if self._refused():
            return
        if self.path not in self.store.objects:
            self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        body = self.store.objects[self.path]
        self._say(200, body, ETag=f'"{md5(body).hexdigest()}"')

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        # DeleteObjects: the keys of a bucket, in XML.
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self._refused():
            return
        bucket = self.path.partition("?")[0].rstrip("/")
        keys = re.findall(r"<Key>([^<]+)</Key>", body)
        for key in keys:
            self.store.objects.pop(f"{bucket}/{key}", None)
        done = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._say(200, f"<DeleteResult>{done}</DeleteResult>".encode())

    def _refused(self) -> bool:
        if self.store.broken:
            self._say(self.store.broken, b"")
        elif f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            self._say(403, b"<Error><Code>AccessDenied</Code></Error>")
        else:
            return False
        return True

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        sent = {"Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT", **headers}
        for name, value in sent.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        return None


class S3:
    """Keeps objects by path. ``broken`` makes each call fail with that status."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.broken = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Api", (Api,), {"store": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
