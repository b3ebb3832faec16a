"""What both doors of the store share: a bounded HTTP server on loopback and careful bodies."""

import base64
import contextlib
import hmac
import io
import socket
import sys
import threading
import zlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from golive.kernel.log import get_logger

CONNECTIONS: Final = 256
IDLE_SECONDS: Final = 75
DRAIN_SECONDS: Final = 2
DRAIN_BYTES: Final = 64 << 20
FRAMES: Final = 1024  # of one body; what follows a frame is copied for the next one
ZSTD_WINDOW_LOG: Final = 23  # 8 MiB of memory for a frame, as RFC 8878 recommends; a sender may ask for 128 times that
log = get_logger(__name__)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class HttpError(Exception):
    """A request that gets an error answer: status, words, and headers if any."""

    def __init__(self, status: HTTPStatus, words: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.headers = dict(headers or {})


class Server(ThreadingHTTPServer):
    """A thread per connection, a bounded number of connections, none left behind at the end."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], door: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, door)
        self._slots = threading.BoundedSemaphore(CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a client that went away is no news."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Door(BaseHTTPRequestHandler):
    """Base of both doors: bodies within limits, constant-time secrets, errors in words."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_SECONDS
    max_body: int
    max_inflated: int

    def log_message(self, *_: Any) -> None:
        """Keep queries and tokens out of standard error."""

    def version_string(self) -> str:
        return "golive-store"

    def do_GET(self) -> None:
        self._dispatch()

    def do_POST(self) -> None:
        self._dispatch()

    def serve(self) -> None:
        """Answer the request; `HttpError` becomes an error answer."""
        raise NotImplementedError

    def refuse(self, refusal: HttpError) -> None:
        """Send the error answer."""
        self.answer(refusal.status, refusal.words.encode() + b"\n", headers=refusal.headers)

    def _dispatch(self) -> None:
        self._body_read = False
        try:
            self._check_host()
            self.serve()
        except HttpError as refusal:
            if not self._body_read:
                self.close_connection = True  # the unread body would be taken for the next request
            self.refuse(refusal)
            self._drain()
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:  # a defect is said, to the sender and in the log
            log.exception("request_failed", path=self.path.partition("?")[0][:100])
            self.close_connection = True
            self.refuse(HttpError(HTTPStatus.INTERNAL_SERVER_ERROR, "the store failed over this request"))

    def _drain(self) -> None:
        """Read what is left of a refused body, within bounds: a client reads the answer only after it."""
        length = self.headers.get("Content-Length", "0")
        if self._body_read or not (length.isascii() and length.isdigit()):
            return
        self.wfile.flush()
        self.connection.settimeout(DRAIN_SECONDS)
        left = min(int(length), DRAIN_BYTES)
        with contextlib.suppress(OSError):
            while left > 0 and (piece := self.rfile.read(min(left, 1 << 16))):
                left -= len(piece)

    def _check_host(self) -> None:
        """Refuse names that are not this machine: a web page must not reach the store by DNS rebinding."""
        host = self.headers.get("Host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name.strip("[]").lower() not in _LOOPBACK:
            raise HttpError(HTTPStatus.MISDIRECTED_REQUEST, "the store answers on loopback names only")
        if self.headers.get("Origin"):
            raise HttpError(HTTPStatus.FORBIDDEN, "the store does not talk to web pages")

    def answer(
        self,
        status: HTTPStatus,
        body: bytes,
        content_type: str = "text/plain; charset=utf-8",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def sent(self) -> bytes:
        """Read the body as it was sent. Raises `HttpError`: 400 broken, 413 too large."""
        raw = self._raw_body()
        self._body_read = True
        return raw

    def inflated(self, raw: bytes, most: int) -> bytes:
        """Return a body without its encoding, of at most `most` bytes.

        Raises `HttpError`: 400 broken, 413 too large, 415 unknown encoding.
        """
        encoding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in {"identity", ""}:
            return raw
        return _inflate(*_framed(encoding), raw, most)

    def _raw_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            raise HttpError(HTTPStatus.BAD_REQUEST, "Content-Length is not a number")
        if int(length) > self.max_body:
            raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {self.max_body} bytes")
        raw = self.rfile.read(int(length))
        if len(raw) != int(length):
            raise HttpError(HTTPStatus.BAD_REQUEST, "the body ended early")
        return raw

    def _chunks(self) -> bytes:
        taken = io.BytesIO()
        while True:
            line = self.rfile.readline(64).split(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError as error:
                raise HttpError(HTTPStatus.BAD_REQUEST, "a chunk has no size") from error
            if size < 0 or taken.tell() + size > self.max_body:
                raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {self.max_body} bytes")
            if size == 0:
                while self.rfile.readline(1024).strip():
                    pass
                return taken.getvalue()
            taken.write(self.rfile.read(size))
            self.rfile.readline(8)


def _framed(encoding: str) -> tuple[Callable[[], Any], type[Exception]]:
    """Return what inflates a frame of this encoding, anew for each, and what it raises of a broken one.

    clickhouse-connect sends them. Which of them it brings along depends on the Python.
    """
    if encoding in {"gzip", "deflate"}:
        return lambda: zlib.decompressobj(47), zlib.error  # gzip or zlib, by the header
    with contextlib.suppress(ImportError):
        if encoding == "lz4":
            import lz4.frame

            return lz4.frame.LZ4FrameDecompressor, RuntimeError
        if encoding == "zstd":
            if sys.version_info >= (3, 14):
                from compression import zstd
            else:
                from backports import zstd
            options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG}
            return lambda: zstd.ZstdDecompressor(options=options), zstd.ZstdError
    raise HttpError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Encoding {encoding!r}: send gzip")


def _inflate(inflater: Callable[[], Any], broken: type[Exception], raw: bytes, most: int) -> bytes:
    """Inflate frames that follow each other: members of gzip (RFC 1952, 2.2), blocks of rows of clickhouse-connect."""
    data = bytearray()
    for _ in range(FRAMES):
        frame = inflater()
        try:
            data += frame.decompress(raw, most + 1 - len(data))
        except broken as error:
            raise HttpError(HTTPStatus.BAD_REQUEST, f"the body is broken: {error}") from error
        if len(data) > most:
            raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {most} bytes once inflated")
        if not frame.eof:
            raise HttpError(HTTPStatus.BAD_REQUEST, "the body ended early")
        raw = frame.unused_data or b""
        if not raw:
            return bytes(data)
    raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {FRAMES} frames")


def same(given: str, secret: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(given.encode(), secret.encode())


def basic(header: str) -> tuple[str, str]:
    """Return user and password of an Authorization header of kind Basic; empty when it is none."""
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (ValueError, UnicodeDecodeError):
        return "", ""
    return user, password


def hang_up(server: Server) -> None:
    """Stop accepting and close the listening socket."""
    server.socket.shutdown(socket.SHUT_RDWR)  # its thread would else see only at its next look that it is to end
    server.shutdown()
    server.socket.close()
