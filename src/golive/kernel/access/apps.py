"""Django's name for people and access."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """People, tokens and login links."""

    name = "golive.kernel.access"
    label = "access"
