"""Django's name for releases; their listeners and kinds of work are registered when Django is up."""

from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    """Releases and their records."""

    name = "golive.ship.releases"
    label = "releases"

    def ready(self) -> None:
        """Listen to approvals; know how to move releases and look after replicas."""
        from golive.ship.releases import subscribers  # noqa: F401  registers on import
        from golive.ship.releases.workflows import engine, housekeeping, outage, tend  # noqa: F401  register on import
