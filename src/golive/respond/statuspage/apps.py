"""Django's name for the status page; its subscribers and work are loaded when Django is up."""

from django.apps import AppConfig


class StatuspageConfig(AppConfig):
    """The public status page."""

    name = "golive.respond.statuspage"
    label = "statuspage"

    def ready(self) -> None:
        """Listen; know how to render; offer the files to the edge."""
        from golive.respond.statuspage import queries, subscribers, workflows  # noqa: F401  register on import
        from golive.ship.traffic.operations import register_static

        register_static(queries.static_sites)
