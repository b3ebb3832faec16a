"""A small web application for tests of the edge: one thread per connection, its behaviour set by its paths.

Run as `python upstream.py PORT NAME`. `POST /_mode?NAME` changes how it answers, `/_seen` counts requests.
"""

import base64
import hashlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

NAME = sys.argv[2]
STATE = {"mode": "ok", "seen": {}, "release": threading.Event()}


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "upstream/1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *args):
        return

    def reply(self, code, body=b"", **headers):
        self.send_response(code)
        headers.setdefault("content_type", "text/plain")
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self):
        url = urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        self.rfile.read(length)
        if url.path == "/_mode":
            STATE["mode"] = url.query
            return self.reply(200)
        if url.path == "/_again":
            STATE["release"].clear()
            return self.reply(200)
        if url.path == "/_seen":
            return self.reply(200, json.dumps(STATE["seen"]).encode())
        STATE["seen"][url.path] = STATE["seen"].get(url.path, 0) + 1
        if self.headers.get("upgrade", "").lower() == "websocket":
            return self.websocket()
        if STATE["mode"] == "503" and not url.path.startswith("/fine"):
            return self.reply(503, b"busy")
        if STATE["mode"] == "hang":
            STATE["release"].wait(20)
            return self.reply(200, NAME.encode())
        if STATE["mode"] == "drop":
            self.close_connection = True
            return None
        if url.path == "/events":
            return self.events()
        if url.path.endswith("/headers"):
            return self.reply(200, json.dumps(dict(self.headers.items())).encode())
        if url.path == "/big":
            return self.reply(200, b"all the same " * 1000)
        if url.path == "/own":
            return self.reply(200, b"x", x_frame_options="SAMEORIGIN", x_powered_by="me")
        if url.path == "/hold":
            STATE["release"].wait(20)
            return self.reply(200, NAME.encode())
        if url.path == "/let-go":
            STATE["release"].set()
            return self.reply(200)
        route = "/orders/{id}" if url.path.startswith("/orders/") else url.path
        return self.reply(200, NAME.encode(), x_golive_route=route)

    do_GET = do_POST = do_PUT = do_HEAD = do_OPTIONS = answer  # noqa: N815  the names of http.server

    def events(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        number = 0
        try:
            while not STATE["release"].wait(0.1):
                self.wfile.write(f"data: {NAME} {number}\n\n".encode())
                self.wfile.flush()
                number += 1
        except OSError:
            return

    def websocket(self):
        key = self.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("upgrade", "websocket")
        self.send_header("connection", "Upgrade")
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_header("sec-websocket-accept", accept)
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        while line := self.rfile.readline():
            self.wfile.write(b"echo " + line)
            self.wfile.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), App) as server:
        server.serve_forever()
