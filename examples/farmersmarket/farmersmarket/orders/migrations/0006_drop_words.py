"""Contract: the former full-text index. Reversible; a release that still asks it scans until it is gone."""

from django.db import migrations

from farmersmarket.migrating import DropWords


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0005_full_text")]

    operations = [DropWords("order_words", "orders_order", "name", "email")]
