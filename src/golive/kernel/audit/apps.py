"""Django's name for the audit log."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit log."""

    name = "golive.kernel.audit"
    label = "audit"
