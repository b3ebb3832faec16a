"""Expand: indexes, built without a lock. Reversible."""

from django.db import migrations, models

from farmersmarket.migrating import AddIndex, AddWords


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0003_card_payments")]

    operations = [
        AddIndex(
            "order", models.Index(fields=["customer", "-created_at"], name="order_by_customer")
        ),
        AddIndex("order", models.Index(fields=["status", "-created_at"], name="order_by_status")),
        AddIndex("order", models.Index(fields=["created_at", "status"], name="order_by_day")),
        AddIndex("orderevent", models.Index(fields=["order", "id"], name="event_by_order")),
        AddWords("order_words", "orders_order", "name", "email"),
    ]
