"""Django's name for the on-call list."""

from django.apps import AppConfig


class OncallConfig(AppConfig):
    """The list and the contacts."""

    name = "golive.respond.oncall"
    label = "oncall"
