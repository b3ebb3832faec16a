"""The worker: sends what is owed, and tells the payment provider what is due, until SIGTERM."""

import logging
import os
import signal
import threading
from typing import Any

import golive_app
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections
from django.utils import timezone

from farmersmarket import telemetry
from farmersmarket.orders.card_payments import settle_due
from farmersmarket.orders.payments import provider
from farmersmarket.outbox.operations import send_due

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
        while not stop.is_set():
            done = _work()
            if not done:
                stop.wait(1.0)
            close_old_connections()


def _work() -> int:
    """How much was done; nothing while the database is away, to which everything comes back."""
    try:
        now = timezone.now()
        return send_due(now=now) + settle_due(payments=provider(), now=now)
    except Error as error:
        log.error("database_connection_error", extra={"error": type(error).__name__})
        return 0
