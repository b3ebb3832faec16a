"""Expand: a full-text index by the same words on PostgreSQL and SQLite, built without a lock. Reversible."""

from django.db import migrations

from farmersmarket.migrating import AddFullText


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0004_indexes")]

    operations = [AddFullText("order_text", "orders_order", "name", "email", key="id")]
