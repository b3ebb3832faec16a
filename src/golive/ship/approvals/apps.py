"""Django's name for approvals."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Requests and decisions."""

    name = "golive.ship.approvals"
    label = "approvals"
