"""What a caller gave a log record as ``extra``."""

import logging

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "taskName",
    "request",
    "color_message",
}


def extras(record: logging.LogRecord) -> dict[str, object]:
    """The record's own values, without those that every record has."""
    return {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
