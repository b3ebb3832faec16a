"""Django's name for releases."""

from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    """Releases and their record."""

    name = "golive.ship.releases"
    label = "releases"
