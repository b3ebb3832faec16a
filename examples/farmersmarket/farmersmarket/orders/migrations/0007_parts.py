"""Expand: which stall a step was of, and how far its part is. Reversible.

A release without it moves whole orders, which takes every part along; going back forgets how far single stalls were,
and an order stays where its slowest stall had it.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_stall_refused"), ("orders", "0006_drop_words")]

    operations = [
        migrations.AddField(
            "orderevent",
            "stall",
            models.ForeignKey(
                "catalog.stall",
                on_delete=django.db.models.deletion.PROTECT,
                db_index=False,
                null=True,
                related_name="+",
            ),
        ),
        migrations.AddField(
            "orderevent",
            "part",
            models.CharField(blank=True, db_default="", default="", max_length=10),
        ),
    ]
