"""Django's name for traffic; its periodic work is registered when Django is up."""

from django.apps import AppConfig


class TrafficConfig(AppConfig):
    """Sites and who serves them."""

    name = "golive.ship.traffic"
    label = "traffic"

    def ready(self) -> None:
        """Know how to keep the edge true to the rows."""
        from golive.ship.traffic import workflows  # noqa: F401  registers on import
