"""Django's name for gates."""

from django.apps import AppConfig


class GatesConfig(AppConfig):
    """Gate runs and their proofs."""

    name = "golive.ship.gates"
    label = "gates"
