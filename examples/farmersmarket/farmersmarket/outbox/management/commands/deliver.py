"""The worker: sends what is owed, tells the payment provider what is due, forgets what is old, until SIGTERM."""

import logging
import os
import signal
import threading
from datetime import datetime, timedelta
from typing import Any

import golive_app
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections
from django.utils import timezone

from farmersmarket import privacy, telemetry
from farmersmarket.orders.card_payments import settle_due
from farmersmarket.orders.payments import provider
from farmersmarket.outbox.operations import send_due

TIDY_EVERY = timedelta(hours=1)
log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Sends owed messages and settles card payments until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        golive_app.json_logs(os.environ.get("LOG_LEVEL", "INFO"))
        golive_app.start()
        telemetry.watch_errors()
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        tidied: datetime | None = None
        while not stop.is_set():
            now = timezone.now()
            if tidied is None or now - tidied > TIDY_EVERY:
                tidied = now
                _tidy(now)
            done = _work()
            if not done:
                stop.wait(1.0)
            close_old_connections()


def _tidy(now: datetime) -> None:
    """Forgets what is old; what the database was away for is forgotten the next time."""
    try:
        while privacy.forget_old(now):
            pass
    except Error as error:
        log.error("database_connection_error", extra={"error": type(error).__name__})


def _work() -> int:
    """How much was done; nothing while the database is away, to which everything comes back."""
    try:
        now = timezone.now()
        return send_due(now=now) + settle_due(payments=provider(), now=now)
    except Error as error:
        log.error("database_connection_error", extra={"error": type(error).__name__})
        return 0
