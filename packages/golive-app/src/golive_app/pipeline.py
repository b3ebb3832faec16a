"""The OpenTelemetry SDK behind ``golive_app.telemetry``; imported only when an endpoint is set."""

import logging
import os
import threading
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import Token
from typing import Any, Protocol

import requests
from opentelemetry import context, metrics, propagate, trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from requests.adapters import HTTPAdapter

from golive_app.extras import extras
from golive_app.hiding import clean

TIMEOUT = 20.0
"""Seconds that a batch is tried for: longer than a store needs to restart."""
QUEUE = 4096
BATCH = 1024
"""Records of one request to the collector, which answers once it keeps them: about a second later."""
LONGEST = 8192
"""Characters of a text that are sent: a batch that is too large is refused as a whole."""
LINE = 1000
"""Characters of a line of a stack trace that are sent; its last lines say most."""
_OWN = ("opentelemetry", "urllib3", "requests", "golive_app")


class _Provider(Protocol):
    def shutdown(self) -> Any: ...


class Pipeline:
    """Up to three providers with one resource, each with a bounded queue and its own sending thread."""

    def __init__(self) -> None:
        resource = Resource.create()
        timeout = None if "OTEL_EXPORTER_OTLP_TIMEOUT" in os.environ else TIMEOUT
        delay = float(os.environ.get("OTEL_BSP_SCHEDULE_DELAY", "1000"))
        self._sessions: list[requests.Session] = []
        # Before the processors ask for the same: their threads send at once.
        os.register_at_fork(after_in_child=self._forget_connections)
        self._traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        spans = OTLPSpanExporter(timeout=timeout, session=self._session())
        self._traces.add_span_processor(
            BatchSpanProcessor(spans, max_queue_size=QUEUE, schedule_delay_millis=delay, max_export_batch_size=BATCH)
        )
        every = float(os.environ.get("OTEL_METRIC_EXPORT_INTERVAL", "10000"))
        points = OTLPMetricExporter(timeout=timeout, session=self._session())
        reader = PeriodicExportingMetricReader(points, export_interval_millis=every)
        self._metrics = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self._providers: list[_Provider] = [self._traces, self._metrics]
        # Who reads the standard output, as golive does, says "none": each line would arrive twice.
        if os.environ.get("OTEL_LOGS_EXPORTER", "").lower() != "none":
            self._logs = LoggerProvider(resource=resource, shutdown_on_exit=False)
            records = OTLPLogExporter(timeout=timeout, session=self._session())
            self._logs.add_log_record_processor(
                BatchLogRecordProcessor(
                    records, max_queue_size=QUEUE, schedule_delay_millis=delay, max_export_batch_size=BATCH
                )
            )
            self._providers.append(self._logs)
            logging.getLogger().addHandler(OtlpHandler(self._logs))
        trace.set_tracer_provider(self._traces)
        metrics.set_meter_provider(self._metrics)
        self._tracer = self._traces.get_tracer("golive_app")
        self._meter = self._metrics.get_meter("golive_app")
        self._instruments: dict[str, Any] = {}
        self._lock = threading.Lock()
        # An exporter without a collector would fill the app's own log with its complaints.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)

    def close(self) -> None:
        for provider in self._providers:
            provider.shutdown()

    def _session(self) -> requests.Session:
        self._sessions.append(requests.Session())
        return self._sessions[-1]

    def _forget_connections(self) -> None:
        """Leave the connections to the parent: two processes that write into one would mix their requests."""
        for session in self._sessions:
            session.mount("http://", HTTPAdapter())
            session.mount("https://", HTTPAdapter())

    def current_ids(self) -> tuple[str, str]:
        current = trace.get_current_span().get_span_context()
        return (f"{current.trace_id:032x}", f"{current.span_id:016x}") if current.is_valid else ("", "")

    def inject(self, headers: MutableMapping[str, str]) -> None:
        propagate.inject(headers)

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, str | int | float | bool]) -> Iterator[None]:
        kind = (
            SpanKind.CLIENT
            if any(key.startswith(("db.", "url.", "server.")) for key in attributes)
            else SpanKind.INTERNAL
        )
        facts = {key: _attribute(value) for key, value in attributes.items()}
        # The SDK would write an exception down as it is.
        with self._tracer.start_as_current_span(
            name, kind=kind, attributes=facts, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except Exception as error:
                self.failed(span, error)
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise

    def failed(self, span: Span, error: BaseException) -> None:
        span.record_exception(error, attributes=_exception(error))

    def server_span(self, method: str, headers: Mapping[str, str]) -> Span:
        attributes = {"http.request.method": method}
        return self._tracer.start_span(method, propagate.extract(headers), kind=SpanKind.SERVER, attributes=attributes)

    def enter(self, span: Span) -> "Token[context.Context]":
        return context.attach(trace.set_span_in_context(span))

    def leave(self, token: "Token[context.Context]") -> None:
        context.detach(token)

    def end_server_span(self, span: Span, method: str, status: int, route: str, path: str) -> None:
        # A path may hold what opens a thing, its template never does.
        if route:
            span.update_name(f"{method} {route}")
            span.set_attribute("http.route", route)
        else:
            span.set_attribute("url.path", _text(path))
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end()

    def measure(
        self,
        kind: str,
        name: str,
        unit: str,
        description: str,
        amount: float,
        facts: Mapping[str, str | int],
    ) -> None:
        instrument = self._instruments.get(name)
        if instrument is None:  # the lock is for the first time only: a fork could copy it locked
            with self._lock:
                make = self._meter.create_counter if kind == "counter" else self._meter.create_histogram
                instrument = self._instruments.setdefault(name, make(name, unit=unit, description=description))
        (instrument.add if kind == "counter" else instrument.record)(amount, facts)


class OtlpHandler(logging.Handler):
    """Hands each record of the standard library to the log pipeline, with the running span."""

    def __init__(self, provider: LoggerProvider) -> None:
        super().__init__()
        self._provider = provider

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(_OWN):
            return
        try:
            self._provider.get_logger(record.name).emit(self._told(record))
        except Exception:  # noqa: BLE001 - as every handler: a line that cannot be said must not end a request
            self.handleError(record)

    def _told(self, record: logging.LogRecord) -> LogRecord:
        attributes: dict[str, Any] = {key: _attribute(value) for key, value in extras(record).items()}
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            attributes |= {"exception.type": type(error).__name__, **_exception(error)}
        return LogRecord(
            timestamp=int(record.created * 1e9),
            context=context.get_current(),
            severity_text=record.levelname,
            severity_number=_severity(record.levelno),
            body=_text(record.getMessage()),
            attributes=attributes,
        )


def _attribute(value: object) -> str | int | float | bool:
    return value if isinstance(value, bool | int | float) else _text(value)


def _text(value: object) -> str:
    return clean(str(value))[:LONGEST]


def _exception(error: BaseException) -> dict[str, str]:
    lines = clean("".join(traceback.format_exception(error))).splitlines()
    return {
        "exception.message": _text(error),
        "exception.stacktrace": "\n".join(line[:LINE] for line in lines)[-LONGEST:],
    }


def _severity(level: int) -> SeverityNumber:
    if level >= logging.CRITICAL:
        return SeverityNumber.FATAL
    if level >= logging.ERROR:
        return SeverityNumber.ERROR
    if level >= logging.WARNING:
        return SeverityNumber.WARN
    return SeverityNumber.INFO if level >= logging.INFO else SeverityNumber.DEBUG
