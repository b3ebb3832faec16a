"""Django's name for the evidence of releases."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Evidence that was gathered."""

    name = "golive.ship.evidence"
    label = "evidence"
