"""Django's name for notices; their subscriber and work are loaded when Django is up."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """The outbox of notices."""

    name = "golive.respond.notices"
    label = "notices"

    def ready(self) -> None:
        """Listen to releases; know how to send."""
        from golive.respond.notices import subscribers, workflows  # noqa: F401  register on import
