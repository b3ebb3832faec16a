"""Django's name for services."""

from django.apps import AppConfig


class ServicesConfig(AppConfig):
    """Services and their environments."""

    name = "golive.ship.services"
    label = "services"
