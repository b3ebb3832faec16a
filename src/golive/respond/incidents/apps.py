"""Django's name for incidents; its subscribers are loaded when Django is up."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """Incidents and their timelines."""

    name = "golive.respond.incidents"
    label = "incidents"

    def ready(self) -> None:
        """Listen to releases."""
        from golive.respond.incidents import subscribers  # noqa: F401  registers on import
