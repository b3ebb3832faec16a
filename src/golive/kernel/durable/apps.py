"""Django's name for durable work."""

from django.apps import AppConfig


class DurableConfig(AppConfig):
    """Jobs and their steps."""

    name = "golive.kernel.durable"
    label = "durable"
