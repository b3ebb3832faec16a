"""Logs as one JSON object a line on standard output, with the ids of the trace they belong to."""

import json
import logging
import sys
from datetime import UTC, datetime

from golive_app import telemetry
from golive_app.extras import extras
from golive_app.hiding import clean, cleaned


class JsonFormatter(logging.Formatter):
    """``timestamp``, ``level``, ``logger``, ``message``, trace ids, and whatever was given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        trace_id, span_id = telemetry.current_ids()
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": clean(record.getMessage()),
        }
        if trace_id:
            line |= {"trace_id": trace_id, "span_id": span_id}
        line |= {key: cleaned(value) for key, value in extras(record).items()}
        if record.exc_info:
            line["exception"] = clean(self.formatException(record.exc_info))
        return json.dumps(line)


def install(level: str = "INFO") -> None:
    """Makes the root logger write JSON lines to standard output, once."""
    root = logging.getLogger()
    root.setLevel(level)
    if any(isinstance(handler.formatter, JsonFormatter) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root.addHandler(handler)
