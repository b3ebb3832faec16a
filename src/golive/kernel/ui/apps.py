"""Django app `ui`: templates, static files, template tags. It has no models."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The look."""

    name = "golive.kernel.ui"
    label = "ui"
