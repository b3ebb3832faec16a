"""Django's name for the first page."""

from django.apps import AppConfig


class OverviewConfig(AppConfig):
    """Pages only; it has no models."""

    name = "golive.respond.overview"
    label = "overview"
