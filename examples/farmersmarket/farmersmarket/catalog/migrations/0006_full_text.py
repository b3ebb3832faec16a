"""Expand: full-text indexes by the same words on PostgreSQL and SQLite, built without a lock. Reversible."""

from django.db import migrations

from farmersmarket.migrating import AddFullText


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("catalog", "0005_indexes")]

    operations = [
        AddFullText("product_text", "catalog_product", "name", "description"),
        AddFullText("stall_text", "catalog_stall", "name", "town"),
    ]
