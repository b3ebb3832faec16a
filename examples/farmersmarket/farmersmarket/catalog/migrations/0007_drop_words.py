"""Contract: the former full-text indexes. Reversible; a release that still asks them scans until it is gone."""

from django.db import migrations

from farmersmarket.migrating import DropWords


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("catalog", "0006_full_text")]

    operations = [
        DropWords("product_words", "catalog_product", "name", "description"),
        DropWords("stall_words", "catalog_stall", "name", "town"),
    ]
