"""Django's name for the event log."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The event log and the registry of subscribers."""

    name = "golive.kernel.events"
    label = "events"
