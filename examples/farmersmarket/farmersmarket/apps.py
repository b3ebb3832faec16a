"""The market as a Django app."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate


class Market(AppConfig):
    name = "farmersmarket"

    def ready(self) -> None:
        # The signal is sent for apps with models.
        post_migrate.connect(_mend, sender=apps.get_app_config("orders"))


def _mend(using: str, **facts: Any) -> None:
    from farmersmarket.catalog.full_text import PRODUCTS, STALLS
    from farmersmarket.orders.full_text import ORDERS

    for index in (PRODUCTS, STALLS, ORDERS):
        index.mend(connections[using])
