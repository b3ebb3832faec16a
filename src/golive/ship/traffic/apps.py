"""Django's name for traffic."""

from django.apps import AppConfig


class TrafficConfig(AppConfig):
    """Sites and who serves them."""

    name = "golive.ship.traffic"
    label = "traffic"
