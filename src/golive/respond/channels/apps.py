"""Django's name for channels."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """Configured channels."""

    name = "golive.respond.channels"
    label = "channels"
