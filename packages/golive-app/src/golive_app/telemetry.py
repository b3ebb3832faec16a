"""Traces, logs and metrics by OTLP over HTTP, from the standard variables; nothing at all without an endpoint.

Queues are bounded and a full one drops: a dead collector costs records, never a request.
"""

import atexit
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from golive_app.pipeline import Pipeline

FLUSH_SECONDS = 3.0
_log = logging.getLogger("golive_app")
_pipeline: "Pipeline | None" = None
_starting = threading.Lock()


def start() -> bool:
    """Starts the pipeline once when ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set; says whether telemetry is on."""
    global _pipeline  # noqa: PLW0603
    with _starting:
        if _pipeline is not None:
            return True
        if (
            not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
            or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
        ):
            return False
        try:
            from golive_app.pipeline import Pipeline

            _pipeline = Pipeline()
        except ImportError:
            _log.warning("telemetry_unavailable", extra={"hint": "install golive-app[telemetry]"})
            return False
        except Exception:  # noqa: BLE001 - an app without telemetry serves, one that does not start does not
            _log.exception("telemetry_unavailable", extra={"hint": "correct the OTEL_ variables"})
            return False
    atexit.register(flush)
    _flush_on_default_sigterm()
    return True


def flush(seconds: float = FLUSH_SECONDS) -> None:
    """Sends what is queued, for at most ``seconds``; the pipeline is closed afterwards."""
    if _pipeline is None:
        return
    sender = threading.Thread(target=_pipeline.close, name="golive-app-flush", daemon=True)
    sender.start()
    sender.join(seconds)


def _flush_on_default_sigterm() -> None:
    # Servers that put their own handler in place end through atexit or the lifespan; the default action would
    # end the process without either.
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        return

    def on_sigterm(signum: int, _frame: FrameType | None) -> None:
        flush()
        signal.signal(signum, signal.SIG_DFL)
        signal.raise_signal(signum)

    signal.signal(signal.SIGTERM, on_sigterm)


def current_ids() -> tuple[str, str]:
    """Trace id and span id of the running span in hex, empty strings outside of one."""
    return _pipeline.current_ids() if _pipeline else ("", "")


def inject(headers: MutableMapping[str, str]) -> None:
    """Adds the trace context to the headers of an outgoing request."""
    if _pipeline:
        _pipeline.inject(headers)


@contextmanager
def span(name: str, **attributes: str | int | float | bool) -> Iterator[None]:
    """A span around a block; an exception that leaves the block is recorded and goes on."""
    if _pipeline is None:
        yield
        return
    with _pipeline.span(name, {key.replace("__", "."): value for key, value in attributes.items()}):
        yield


class Instrument(Protocol):
    """What both a real and a silent instrument can do."""

    def record(self, amount: float, **attributes: str | int) -> None: ...


class _Named:
    def __init__(self, kind: str, name: str, unit: str, description: str) -> None:
        self._definition = (kind, name, unit, description)

    def record(self, amount: float, **attributes: str | int) -> None:
        if _pipeline:
            _pipeline.measure(*self._definition, amount, attributes)


def counter(name: str, *, unit: str = "1", description: str = "") -> Instrument:
    """A counter that may be made before the pipeline starts: ``orders.record(1, stall="bakery")``."""
    return _Named("counter", name, unit, description)


def histogram(name: str, *, unit: str = "s", description: str = "") -> Instrument:
    """A histogram that may be made before the pipeline starts."""
    return _Named("histogram", name, unit, description)


_duration = histogram("http.server.request.duration", unit="s", description="Duration of HTTP server requests")


class Request:
    """One served request: a server span and a point of ``http.server.request.duration``.

    Use as a context manager around the app's own work; ``end`` may come later, when a body was streamed.
    """

    def __init__(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        self._method = method
        self._path = path
        self._begun = time.monotonic()
        self._span: Any = _pipeline.server_span(method, headers) if _pipeline else None
        self._token: Any = None
        self._ended = False

    def __enter__(self) -> "Request":
        if self._span is not None and _pipeline:
            self._token = _pipeline.enter(self._span)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            self.failed(error)
        if self._token is not None and _pipeline:
            _pipeline.leave(self._token)

    def failed(self, error: BaseException) -> None:
        """Records the exception that ends the request as an error."""
        if self._span is not None and _pipeline:
            _pipeline.failed(self._span, error)

    def end(self, status: int, route: str) -> None:
        """Closes the span with its status and route template ("" where none matched); once."""
        if self._ended:
            return
        self._ended = True
        if self._span is not None and _pipeline:
            _pipeline.end_server_span(self._span, self._method, status, route, self._path)
            facts: dict[str, str | int] = {
                "http.request.method": self._method,
                "http.response.status_code": status,
            }
            _duration.record(time.monotonic() - self._begun, **facts | ({"http.route": route} if route else {}))
