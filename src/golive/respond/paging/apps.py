"""Django's name for paging; its subscribers and work are loaded when Django is up."""

from django.apps import AppConfig


class PagingConfig(AppConfig):
    """Pages and attempts."""

    name = "golive.respond.paging"
    label = "paging"

    def ready(self) -> None:
        """Listen to incidents; know how to send."""
        from golive.respond.paging import subscribers, workflows  # noqa: F401  register on import
