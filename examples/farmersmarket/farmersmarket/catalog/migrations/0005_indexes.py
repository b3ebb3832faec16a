"""Expand: indexes, built without a lock. Reversible."""

from django.db import migrations, models
from django.db.models import Q

from farmersmarket.migrating import AddIndex, AddWords


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("catalog", "0004_edition")]

    operations = [
        AddIndex(
            "product",
            models.Index(
                fields=["price_cents", "id"], condition=Q(archived=False), name="product_by_price"
            ),
        ),
        AddIndex(
            "product",
            models.Index(
                fields=["category", "price_cents", "id"],
                condition=Q(archived=False),
                name="product_by_category_price",
            ),
        ),
        AddIndex(
            "product",
            models.Index(
                fields=["stall", "stock"],
                condition=Q(archived=False, stock__lt=10),
                name="product_running_out",
            ),
        ),
        AddIndex("review", models.Index(fields=["product", "-id"], name="review_by_product")),
        AddWords("product_words", "catalog_product", "name", "description"),
        AddWords("stall_words", "catalog_stall", "name", "town"),
    ]
