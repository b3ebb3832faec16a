"""Django's name for the judge."""

from django.apps import AppConfig


class JudgeConfig(AppConfig):
    """Verdicts."""

    name = "golive.ship.judge"
    label = "judge"
