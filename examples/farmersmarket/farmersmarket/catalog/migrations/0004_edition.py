"""Expand: a table of one row. Reversible."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_images_prices_reviews")]

    operations = [
        migrations.CreateModel(
            name="Edition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveBigIntegerField(default=0)),
            ],
        ),
    ]
