"""Django's name for the services' databases."""

from django.apps import AppConfig


class DatabasesConfig(AppConfig):
    """Backups and migrations."""

    name = "golive.ship.databases"
    label = "databases"
