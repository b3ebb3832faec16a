"""Expand: two tables. Reversible; going back forgets which orders were paid by card."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_initial")]

    operations = [
        migrations.CreateModel(
            name="ProviderEvent",
            fields=[
                (
                    "id",
                    models.CharField(max_length=255, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CardPayment",
            fields=[
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="card_payment",
                        serialize=False,
                        to="orders.order",
                    ),
                ),
                ("session", models.CharField(max_length=255, unique=True)),
                ("page", models.TextField()),
                ("intent", models.CharField(blank=True, max_length=255)),
                ("cents", models.PositiveIntegerField()),
                ("state", models.CharField(default="open", max_length=9)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("closing", "refunding"))),
                        fields=["due_at"],
                        name="payment_due",
                    )
                ],
            },
        ),
    ]
