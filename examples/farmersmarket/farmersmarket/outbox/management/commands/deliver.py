"""The worker: sends owed mail until SIGTERM."""

import os
import signal
import threading
from typing import Any

import golive_app
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from farmersmarket.outbox.operations import send_due


class Command(BaseCommand):
    help = "Sends owed mail until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        golive_app.json_logs(os.environ.get("LOG_LEVEL", "INFO"))
        golive_app.start()
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        while not stop.is_set():
            sent = send_due(now=timezone.now())
            if not sent:
                stop.wait(1.0)
            close_old_connections()
