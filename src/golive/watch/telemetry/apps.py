"""Django's name for telemetry: it has pages, and no tables of its own."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    """Traffic, requests, traces, logs and errors."""

    name = "golive.watch.telemetry"
    label = "telemetry"
