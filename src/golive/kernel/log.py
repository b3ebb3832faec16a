"""Structured logs: a constant event name in the past tense, values as keys, secrets redacted by key."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger

_SECRET = re.compile(r"passw|secret|token|authorization|cookie|api_?key|credential|dsn", re.IGNORECASE)


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace values whose key names a secret, at any depth."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _redacted(key: object, value: Any) -> Any:
    if value is not None and _SECRET.search(str(key)):
        return "[redacted]"
    if isinstance(value, Mapping):
        return {inner: _redacted(inner, one) for inner, one in value.items()}
    if isinstance(value, list):
        return [_redacted("", one) for one in value]
    return value


class _StandardError:
    """Writes to what is standard error at that moment, not when the first line was logged."""

    def msg(self, message: str) -> None:
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = msg


def configure(*, json: bool | None = None, level: int = logging.INFO) -> None:
    """Send logs to standard error, as JSON unless a person watches a terminal."""
    as_json = not sys.stderr.isatty() if json is None else json
    # Plain tracebacks: pretty ones print the values of variables, and with them secrets.
    renderers: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> FilteringBoundLogger:
    """Return the logger of a module."""
    return cast("FilteringBoundLogger", structlog.get_logger(module=name))
