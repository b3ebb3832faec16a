"""Django's name for the board of releases."""

from django.apps import AppConfig


class BoardConfig(AppConfig):
    """Pages only; it has no models."""

    name = "golive.ship.board"
    label = "board"
