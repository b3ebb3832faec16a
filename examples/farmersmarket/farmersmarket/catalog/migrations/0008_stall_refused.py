"""Expand: why a stall is closed. Reversible; going back forgets the reasons, and such stalls wait for the office again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_drop_words")]

    operations = [
        migrations.AddField(
            "stall",
            "refused",
            models.CharField(
                blank=True,
                choices=[("declined", "Declined"), ("suspended", "Suspended")],
                db_default="",
                default="",
                max_length=9,
            ),
        ),
        migrations.AddField(
            "stall",
            "reason",
            models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
    ]
